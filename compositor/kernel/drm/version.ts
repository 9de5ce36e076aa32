import { DRM_CLIENT_NAME_MAX_LEN, drmIoctls } from '../../../protocol/uapi/drm.ts';
import { require } from '../task/kernel-error.ts';
import type { Task } from '../task/task.ts';
import { type DrmCall, drmIoctl } from './ioctl.ts';

/** The version of the interface, `DRM_IF_MAJOR` and `DRM_IF_MINOR`. */
const INTERFACE = { major: 1, minor: 4 };

const encoder = new TextEncoder();

/** `drm_copy_field`: as much as fits; returns the whole length. */
function copyText(task: Task, text: string, address: bigint, room: bigint): bigint {
  const bytes = encoder.encode(text);
  const fits = room < BigInt(bytes.length) ? Number(room) : bytes.length;
  if (address !== 0n) task.memory.copyToUser(address, bytes.subarray(0, fits));
  return BigInt(bytes.length);
}

/** `drm_setversion`: -1 leaves a part alone. The answer says what there is, after a refusal too. */
function setVersion(
  { device, file }: DrmCall,
  argument: { drm_di_major: number; drm_di_minor: number; drm_dd_major: number; drm_dd_minor: number },
): void {
  const [major, minor] = device.driver.version;
  const wanted = { ...argument };
  argument.drm_di_major = INTERFACE.major;
  argument.drm_di_minor = INTERFACE.minor;
  argument.drm_dd_major = major;
  argument.drm_dd_minor = minor;
  if (wanted.drm_di_major !== -1) {
    require(wanted.drm_di_major === INTERFACE.major &&
      inRange(
        wanted.drm_di_minor,
        INTERFACE.minor,
      ), 'EINVAL', `the interface's version is ${INTERFACE.major}.${INTERFACE.minor}`);
    if (wanted.drm_di_minor >= 1 && file.master && file.master.unique === '')
      file.master.unique = device.driver.unique ?? device.driver.name;
  }
  if (wanted.drm_dd_major !== -1)
    require(wanted.drm_dd_major === major &&
      inRange(
        wanted.drm_dd_minor,
        minor,
      ), 'EINVAL', `the version of ${device.driver.name} is ${major}.${minor}`);
}

const inRange = (minor: number, maximum: number): boolean => minor >= 0 && minor <= maximum;

/** `drm_set_client_name`: printable characters without blanks; an empty name takes the old one away. */
function setClientName({ file, task }: DrmCall, length: bigint, address: bigint): void {
  require(length <=
    BigInt(
      DRM_CLIENT_NAME_MAX_LEN,
    ), 'EINVAL', `a client's name has at most ${DRM_CLIENT_NAME_MAX_LEN} bytes, not ${length}`);
  const bytes = task.memory.copyFromUser(address, Number(length));
  require(bytes.every(
    byte => byte > 0x20 && byte < 0x7f,
  ), 'EINVAL', "a client's name is made of printable ASCII without blanks");
  file.clientName = String.fromCharCode(...bytes);
}

export const versionIoctls = [
  drmIoctl(drmIoctls.DRM_IOCTL_VERSION, ({ device, task }, argument) => {
    const { name, date, description, version } = device.driver;
    [argument.version_major, argument.version_minor, argument.version_patchlevel] = version;
    argument.name_len = copyText(task, name, argument.name, argument.name_len);
    argument.date_len = copyText(task, date, argument.date, argument.date_len);
    argument.desc_len = copyText(task, description, argument.desc, argument.desc_len);
  }),
  drmIoctl(drmIoctls.DRM_IOCTL_GET_UNIQUE, ({ file, task }, argument) => {
    const unique = file.master?.unique ?? '';
    const length = BigInt(encoder.encode(unique).length);
    // Unlike VERSION, nothing is copied when not all of it fits.
    if (argument.unique_len >= length) copyText(task, unique, argument.unique, length);
    argument.unique_len = length;
  }),
  // `drm_getstats`: zeros, whatever the caller's memory held.
  drmIoctl(drmIoctls.DRM_IOCTL_GET_STATS, (_, argument) => {
    argument.count = 0n;
    argument.data = Array.from(argument.data, () => ({ value: 0n, type: 0 }));
  }),
  drmIoctl(drmIoctls.DRM_IOCTL_SET_VERSION, setVersion),
  drmIoctl(drmIoctls.DRM_IOCTL_SET_CLIENT_NAME, (call, { name_len, name }) =>
    setClientName(call, name_len, name),
  ),
];
