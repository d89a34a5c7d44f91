// The kinds of events that may be alarms, in the order in which lists name them.

export const KINDS = ['spike', 'dip', 'collapse', 'nonfinite', 'divergence', 'stalled'] as const;
export type Kind = (typeof KINDS)[number];
