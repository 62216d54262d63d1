// An external script, so that the page needs no inline code under its content security policy.
import init from "./page/squint_web.js";

init().catch((e) => {
  const main = document.querySelector("main");
  if (main) main.textContent = `Squint could not start: ${e}. It needs a browser with WebAssembly; please update yours and reload.`;
});
