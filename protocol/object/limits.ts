// How large a message may be, in one place. Every encoding and both ends hold to these.

/**
 * Bytes of UTF-8 in one string argument, without the terminating NUL of the Wayland wire. What libwayland can send in a
 * message of 4096 bytes, and no more on any wire: what one client says of its windows is passed on to others.
 */
export const MAX_STRING = 4083;

/**
 * Bytes of kernel data in one message: pread, pwrite, read, write and the argument block of an ioctl. Longer
 * transfers are several messages.
 */
export const MAX_CHUNK = 1 << 20;

/** Bytes in one array argument. The largest is a chunk of kernel data. */
export const MAX_ARRAY = MAX_CHUNK;

/** Bytes of one message on the native wires: a chunk and the words around it. */
export const MAX_MESSAGE = MAX_CHUNK + (64 << 10);

/** Ids that the client hands out: 1 (wl_display) up to here. */
export const MAX_CLIENT_ID = 0xfeffffff;

/** The first id that the server hands out. */
export const FIRST_SERVER_ID = 0xff000000;

/** wl_display, which exists from the start. */
export const DISPLAY_ID = 1;

/** Characters of the words of wl_display.error, so that an error always fits into a message. */
export const MAX_ERROR = 1000;
