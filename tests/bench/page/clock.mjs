// One clock for all engines: what the page sees, from the call to the first token and from that to the last.

export function clock() {
  const start = performance.now();
  const at = [];
  return {
    token: () => at.push(performance.now() - start),
    /** Tokens a second of the prompt and of the answer, which had so many tokens. */
    speeds(promptTokens, tokens) {
      const decode = ((tokens - 1) / (at.at(-1) - at[0])) * 1e3;
      return { promptTokens, tokens, prefill: (promptTokens / at[0]) * 1e3, decode };
    },
  };
}

/** A File held by the page, so that no engine's download or cache is measured. */
export async function fetched(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return new File([await response.blob()], address.split("/").pop());
}

/** Engines' threads go on looking for work for a while after an answer, and would keep the next engine's from a processor. */
export const rest = () => new Promise((go) => setTimeout(go, 200));
