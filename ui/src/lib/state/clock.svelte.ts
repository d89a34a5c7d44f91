// The present, moving once a second while the window is visible. For "2 s ago"; never for data.

class Clock {
  #now = $state.raw(new Date());

  get now(): Date {
    return this.#now;
  }

  listen(): () => void {
    const timer = setInterval(() => {
      if (!document.hidden) this.#now = new Date();
    }, 1000);
    return () => clearInterval(timer);
  }
}

export const clock = new Clock();
