// What went wrong and what to do, as pages hear it.

export class SquintError extends Error {
  constructor({ code, what, hint }) {
    super(`${what} (${hint})`);
    Object.assign(this, { name: "SquintError", code, what, hint });
  }
}
