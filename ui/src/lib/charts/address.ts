// Where what a screen shows is kept: the router, or a plain object in tests.
export interface AddressParams {
  readonly params: Readonly<Record<string, string>>;
  patch(changes: Record<string, string | null>): void;
}
