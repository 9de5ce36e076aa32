// What a script can say, for `--help` and for those who read the code first.

type Usage = readonly [args: string, about: string];

const kms = {
  properties: ['FD OBJECT', 'names and values of the properties of a CRTC, connector or plane'],
  atomic: [
    'FD FLAGS [[OBJECT, { PROPERTY: VALUE }], ...] [USER_DATA]',
    'an atomic commit, properties by name',
  ],
} as const satisfies Record<string, Usage>;

/** System calls. */
const calls = {
  open: ['PATH [FLAGS]', 'open(2) of a device node'],
  close: ['FD', 'close(2)'],
  dup: ['FD', 'dup(2)'],
  ioctl: ['FD NAME [{ FIELD: VALUE, ... }]', 'ioctl(2) by name; pointers take lists, texts or addresses'],
  memfd_create: ['NAME [FLAGS]', 'memfd_create(2), sealable unless the flags say otherwise'],
  ftruncate: ['FD SIZE', 'ftruncate(2)'],
  fcntl: ['FD COMMAND [ARGUMENT]', 'fcntl(2)'],
  eventfd: ['[INITIAL [FLAGS]]', 'eventfd(2)'],
  read: ['FD COUNT', 'read(2); it may sleep'],
  write: ['FD DATA', 'write(2) of a text or a list of bytes'],
  pread: ['FD COUNT OFFSET', 'pread(2)'],
  pwrite: ['FD DATA OFFSET', 'pwrite(2)'],
  poll: ['FD [EVENTS]', 'poll(2) that returns at once with the events that hold'],
  mmap: ['FD LENGTH [OFFSET]', 'mmap(2), shared, for reading and writing'],
  munmap: ['ADDRESS LENGTH', 'munmap(2)'],
  peek: ['ADDRESS COUNT', 'looks at memory of the process'],
  poke: ['ADDRESS DATA', 'changes memory of the process'],
  fstat: ['FD', 'fstat(2)'],
  ...kms,
} as const satisfies Record<string, Usage>;

/** Words that steer the script itself. */
const words = {
  process: [
    'NAME [seat] [root]',
    'goes on as another process; a new one the first time. The first is on the seat',
  ],
  send: ['FD PROCESS', 'gives a process a duplicate, as SCM_RIGHTS does; returns the number there'],
  advance: ['TIME', 'lets virtual time pass: 16ms, 5us, 1s'],
  wait: ['NAME', 'lets time pass until a call that was started with & has returned'],
  interrupt: ['NAME [restart]', 'sends such a call a signal, or one whose handler has SA_RESTART'],
  exit: ['', 'ends the process: everything that it holds is closed'],
  print: ['VALUE', 'shows a value'],
  expect: ['VALUE|ERRNO', 'ends the script in error unless this is what the last call returned'],
} as const satisfies Record<string, Usage>;

export type KmsCallName = keyof typeof kms;
export type CallName = keyof typeof calls;
export type WordName = keyof typeof words;

const WIDTH = 34;
const listed = (usages: Record<string, Usage>): string =>
  Object.entries(usages)
    .map(([name, [args, about]]) => {
      const head = `  ${name} ${args}`.trimEnd();
      return head.length < WIDTH ? `${head.padEnd(WIDTH)}${about}` : `${head}\n${' '.repeat(WIDTH)}${about}`;
    })
    .join('\n');

export const HELP = `
A script has a call in each line; what it returns can be given a name. Time is virtual and passes only while a call
sleeps, or by 'advance'. Names of ioctls, structs, fields and constants are those of the kernel's headers.

  # A buffer nobody uses gives a fence that has signalled.
  mem = memfd_create pixels
  ftruncate $mem 4096
  fcntl $mem F_ADD_SEALS F_SEAL_SHRINK
  dev = open /dev/udmabuf
  buf = ioctl $dev UDMABUF_CREATE { memfd: $mem, size: 4096 }
  fence = ioctl $buf DMA_BUF_IOCTL_EXPORT_SYNC_FILE { flags: DMA_BUF_SYNC_WRITE, fd: -1 }
  poll $fence.fd POLLIN
  expect POLLIN

Calls:
${listed(calls)}

Words:
${listed(words)}

Values: 42, 0x2a, 4K, 16ms, "text", [1, 2], [0; 64] (64 times), { field: value }, CONSTANT | CONSTANT, + * <<, $name,
$name.field, $name.list[0], drm_event { ... } (a struct as bytes), drm_event $bytes (what they mean). A call with & behind it goes on in the background.
`;
