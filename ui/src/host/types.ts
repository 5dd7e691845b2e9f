// What a host is: the one way by which the window asks the engine.

/** An error for a person, as the engine gives it. */
export class Failure extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hints: string[] = [],
  ) {
    super(message)
  }
}
