// The head of an axis that is being dragged: heads next to it have to know of it.

class Heads {
  dragged = $state<string | null>(null);
}

export const heads = new Heads();
