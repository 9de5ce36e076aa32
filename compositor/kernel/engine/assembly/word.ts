/** A word of the command at `command`: one of the `CMD_` constants. Addresses and lengths are the same word, unsigned. */
@inline
export function word(command: usize, index: i32): i32 {
  return load<i32>(command + (index << 2));
}
