// fencepost-kernel-v1: the system calls of a client that has no kernel of its own, made in its own Task.
//
// Every request names itself by a `serial` of the client's choice and is answered by one event with that serial, in
// whatever order the calls finish. `result` is what the call returns (a descriptor, a count, a mask of events); `data`
// is what it wrote back (bytes read, an ioctl's block, a stat record). File numbers are of the client's Task, and none
// of the calls moves more than MAX_CHUNK bytes.
import { array, defineInterface, fd, int, string, uint } from '../object/table.ts';

export const fencepost_kernel_v1 = defineInterface({
  name: 'fencepost_kernel_v1',
  version: 1,
  requests: {
    destroy: { type: 'destructor', args: [] },
    open: { args: [uint('serial'), string('path'), uint('flags')] },
    close: { args: [uint('serial'), int('fd')] },
    dup: { args: [uint('serial'), int('fd')] },
    // `arg` is the argument struct followed by the arrays it points to; `relocations` (u32 each) are the offsets of the
    // u64 words in it that are pointers, given relative to the start of the block.
    ioctl: { args: [uint('serial'), int('fd'), uint('request'), array('arg'), array('relocations')] },
    // Answered with the ready events once there are any.
    poll: { args: [uint('serial'), int('fd'), uint('events')] },
    // Ends the sleeping call of that serial with EINTR; one that is not sleeping is left alone. Itself unanswered.
    interrupt: { args: [uint('serial')] },
    memfd_create: { args: [uint('serial'), string('name'), uint('flags')] },
    add_seals: { args: [uint('serial'), int('fd'), uint('seals')] },
    get_seals: { args: [uint('serial'), int('fd')] },
    ftruncate: { args: [uint('serial'), int('fd'), uint('size_hi'), uint('size_lo')] },
    fstat: { args: [uint('serial'), int('fd')] },
    eventfd: { args: [uint('serial'), uint('initial'), uint('flags')] },
    read: { args: [uint('serial'), int('fd'), uint('count')] },
    write: { args: [uint('serial'), int('fd'), array('bytes')] },
    pread: {
      args: [uint('serial'), int('fd'), uint('offset_hi'), uint('offset_lo'), uint('count')],
    },
    pwrite: {
      args: [uint('serial'), int('fd'), uint('offset_hi'), uint('offset_lo'), array('bytes')],
    },
    // A real descriptor that travels beside the message becomes a file of the Task.
    adopt: { args: [uint('serial'), fd('descriptor')] },
    // Asks for the real descriptor behind a mappable file (memfd, dma-buf), so that the client can mmap it.
    share: { args: [uint('serial'), int('fd')] },
    // Sends a duplicate of a descriptor to another client of this server, as SCM_RIGHTS would. The `ticket`, 16 to 64 bytes
    // that nobody else can guess, goes to the receiver by a way of the clients' own. What nobody has received is closed
    // when the sender leaves.
    send: { args: [uint('serial'), int('fd'), array('ticket')] },
    // Answered with the descriptor that was sent with this ticket, which is used up by it.
    receive: { args: [uint('serial'), array('ticket')] },
  },
  events: {
    done: { args: [uint('serial'), int('result'), array('data')] },
    // `errno` is the positive number, `code` its name (EINVAL), `syscall` what failed and why, for people.
    failed: { args: [uint('serial'), uint('errno'), string('code'), string('syscall')] },
    // The file's bytes are `size` bytes of `descriptor` from `offset` on.
    shared: {
      args: [
        uint('serial'),
        fd('descriptor'),
        uint('offset_hi'),
        uint('offset_lo'),
        uint('size_hi'),
        uint('size_lo'),
      ],
    },
  },
  enums: {},
});
