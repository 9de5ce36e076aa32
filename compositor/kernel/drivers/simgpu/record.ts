import * as uapi from '../../../../protocol/uapi/simgpu.ts';
import type { StructValue } from '../../../../protocol/uapi/struct.ts';
import { formatInfo } from '../../engine/formats.ts';
import { MemFile } from '../../memory/memfd.ts';
import { require } from '../../task/kernel-error.ts';
import type { Task } from '../../task/task.ts';
import { MAX_SIDE } from './image.ts';

type CommandValue = StructValue<typeof uapi.simgpu_command>;
type RecordValue = StructValue<typeof uapi.simgpu_record>;

/**
 * A COMPOSITE for each tile of a COMPOSITE_RECORD; any other command as it is. The record is copied out of the memfd once,
 * before anything of it is checked: what is written there afterwards is not seen, so it needs no seals. EBADF, EINVAL; the
 * planes are checked as those of any other command are.
 */
export function expandRecord(task: Task, command: CommandValue): CommandValue[] {
  if (command.opcode !== uapi.SIMGPU_OP_COMPOSITE_RECORD) return [command];
  const { handle, ...described } = command.source;
  const free = [described, command.source_rect, command.transform].flatMap(zeros);
  require(free.every(Boolean), 'EINVAL', 'a record describes its source: the command gives its handle alone');
  const record = readRecord(task, command.record_fd);
  const planes = formatInfo(record.format)?.planes.length ?? 0;
  checkRecord(record, planes);
  const { columns, width, height, format } = record;
  const tiles = record.plane_count / planes;
  const { x1, y1, x2, y2 } = command.destination;
  const [across, down] = [(x2 - x1) / columns, (y2 - y1) / (tiles / columns)];
  require(Number.isInteger(across) &&
    Number.isInteger(
      down,
    ), 'EINVAL', `the destination of ${x2 - x1}x${y2 - y1} is no multiple of ${columns}x${tiles / columns} tiles`);
  return Array.from({ length: tiles }, (_, tile) => {
    const own = record.planes.slice(tile * planes, (tile + 1) * planes);
    const [left, top] = [x1 + (tile % columns) * across, y1 + Math.floor(tile / columns) * down];
    return {
      ...command,
      opcode: uapi.SIMGPU_OP_COMPOSITE,
      record_fd: 0,
      source: {
        handle,
        format,
        width,
        height,
        offsets: [own[0]!.offset, own[1]?.offset ?? 0],
        pitches: [own[0]!.pitch, own[1]?.pitch ?? 0],
      },
      source_rect: { x: 0, y: 0, w: width * 65536, h: height * 65536 },
      destination: { x1: left, y1: top, x2: left + across, y2: top + down },
    };
  });
}

/** Whether each number in a value is 0. */
function zeros(value: unknown): boolean[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(zeros);
  return [value === 0];
}

function readRecord(task: Task, fd: number): RecordValue {
  const memfd = task.files.get(fd).as(MemFile, 'memfd');
  const bytes = new Uint8Array(uapi.simgpu_record.size);
  const count = memfd.readAt(bytes, 0n);
  require(count === bytes.length, 'EINVAL', `a record has ${bytes.length} bytes, the memfd ${count}`);
  return uapi.simgpu_record.read(new DataView(bytes.buffer), 0);
}

function checkRecord(record: RecordValue, planes: number): void {
  const { version, plane_count, columns, width, height } = record;
  require(version === uapi.SIMGPU_RECORD_VERSION, 'EINVAL', `records of version ${version} are unknown`);
  require(planes > 0, 'EINVAL', `the engine has no format 0x${record.format.toString(16)}`);
  const whole = plane_count > 0 && plane_count <= uapi.SIMGPU_RECORD_PLANES && plane_count % planes === 0;
  require(whole, 'EINVAL', `1 to ${uapi.SIMGPU_RECORD_PLANES} planes, ${planes} a tile, not ${plane_count}`);
  const tiles = plane_count / planes;
  const rows = columns > 0 && columns <= tiles && tiles % columns === 0;
  require(rows, 'EINVAL', `${tiles} tiles make no rows of ${columns}`);
  require(width <= MAX_SIDE && height <= MAX_SIDE, 'EINVAL', `tiles of ${width}x${height} are too large`);
  const spare = record.planes.slice(plane_count).flatMap(zeros).every(Boolean);
  require(spare, 'EINVAL', `planes beyond the ${plane_count} of the record must be 0`);
}
