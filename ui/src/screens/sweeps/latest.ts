// Asks while one types: waits until the typing rests, and drops every answer that is no longer about the last input.

export class Latest<I, O> {
  readonly #ask: (input: I) => Promise<O>;
  readonly #take: (answer: O, input: I) => void;
  readonly #fail: (reason: unknown) => void;
  readonly #restMs: number;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #turn = 0;

  constructor(ask: (input: I) => Promise<O>, take: (answer: O, input: I) => void, fail: (reason: unknown) => void, restMs: number) {
    this.#ask = ask;
    this.#take = take;
    this.#fail = fail;
    this.#restMs = restMs;
  }

  /** Asks when no other input has come for the rest time. Answers to earlier inputs are void from now on. */
  soon(input: I): void {
    this.drop();
    this.#timer = setTimeout(() => void this.now(input), this.#restMs);
  }

  /** Asks at once. Resolves when the answer was taken or dropped. */
  async now(input: I): Promise<void> {
    this.drop();
    const turn = this.#turn;
    try {
      const answer = await this.#ask(input);
      if (turn === this.#turn) this.#take(answer, input);
    } catch (reason) {
      if (turn === this.#turn) this.#fail(reason);
    }
  }

  /** Forgets what was to be asked, and any answer under way. */
  drop(): void {
    this.#turn += 1;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
