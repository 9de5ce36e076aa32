/** What arrived, or was to be sent, is not a message of the wire. The text says what was wrong and what was expected. */
export class WireError extends Error {
  override readonly name = 'WireError';
}
