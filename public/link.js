// The worker behind squint.js, and an eye on it. While something of it is awaited it is pinged, and one that says nothing
// for too long is lost. It answers pings between two stretches of work: being slow is not being silent.

const PING_MS = 250;
/** Longest silence of a worker that was told to stop. */
const STOP_MS = 2_000;
/** Longest silence of one that works: on slow devices a large tokenizer is seconds without a pause. */
const WORK_MS = 10_000;

const AGAIN = "ask again: another worker is there; if that does not help, load the model again";

export class Link {
  #worker;
  #lost;
  #busy;
  #timer;
  /** Whether it has ever said something: a slow download of its script is no silence. */
  #spoke = false;
  #silent = 0;
  #pings = 0;
  /** The ping whose answer says that the last stop was heard; 0 when it was. */
  #stopped = 0;
  /** While a stop is not heard: when it is, or the worker is lost. */
  heard = null;
  #hearing;

  /** `hear(event)`; `lost(fault, early)` once at most, early before its first word; `busy()`: whether an event is due. */
  constructor(url, { hear, lost, busy }) {
    this.#lost = lost;
    this.#busy = busy;
    this.#worker = new Worker(url, { type: "module" });
    this.#worker.onmessage = ({ data }) => {
      [this.#spoke, this.#silent] = [true, 0];
      if (data.pong === undefined) return hear(data);
      if (data.pong >= this.#stopped) this.#listens();
    };
    this.#worker.onerror = (e) => this.#end({
      code: "worker_error",
      what: `the worker stopped: ${e.message || "its script could not be loaded"}`,
      hint: this.#spoke ? AGAIN : "reload the page",
    });
  }

  post(message, given = []) {
    this.#worker.postMessage(message, given);
    if (message.ask.stop !== undefined) {
      this.#silent = 0;
      this.#stopped = this.#ping();
      this.heard ??= new Promise((go) => (this.#hearing = go));
    }
    this.#timer ??= setInterval(() => this.#tick(), PING_MS);
  }

  /** No word from it any more. */
  close() {
    clearInterval(this.#timer);
    this.#worker.onmessage = this.#worker.onerror = null;
    this.#worker.terminate();
    this.#listens();
  }

  #listens() {
    this.#hearing?.();
    [this.#stopped, this.heard] = [0, null];
  }

  #ping() {
    this.#worker.postMessage({ ping: ++this.#pings });
    return this.#pings;
  }

  #tick() {
    if (!this.#stopped && !this.#busy()) {
      clearInterval(this.#timer);
      [this.#timer, this.#silent] = [undefined, 0];
      return;
    }
    // Ticks are counted, not the clock: while the machine sleeps nobody is silent.
    this.#silent += this.#spoke ? PING_MS : 0;
    const most = this.#stopped ? STOP_MS : WORK_MS;
    if (this.#silent < most) return void this.#ping();
    this.#end({
      code: "worker_lost",
      what: `the worker has not answered for ${most / 1000} seconds${this.#stopped ? " after it was told to stop" : ""}`,
      hint: AGAIN,
    });
  }

  #end(fault) {
    this.close();
    // Those who wait to be heard go on in a later task, and find what comes after this worker.
    this.#lost(fault, !this.#spoke);
  }
}
