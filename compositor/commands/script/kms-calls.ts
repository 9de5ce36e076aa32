import { modeIoctls } from '../../../protocol/uapi/drm-mode.ts';
import { type Call, type Caller, propertiesOf } from './calls.ts';
import type { KmsCallName } from './usage.ts';
import { Answer, asNumber, isList, isRecord, kindOf, type Value, type ValueRecord } from './values.ts';

interface Change {
  readonly object: number;
  readonly properties: ValueRecord;
}

/** Mode setting by the names of properties, which have other numbers on every device. */
export const kmsCalls: Readonly<Record<KmsCallName, Call>> = {
  properties: ({ task, parser }) => {
    const fd = Number(parser.number('a descriptor'));
    const properties = propertiesOf(task, fd, Number(parser.number('the id of an object')));
    const values = [...properties].map(([name, { value }]) => [name, value] as const);
    return new Answer(BigInt(properties.size), Object.fromEntries(values));
  },
  atomic: startAtomic,
};

function startAtomic({ task, parser }: Caller): ReturnType<Call> {
  const fd = Number(parser.number('a descriptor'));
  const flags = Number(parser.number('flags'));
  const changes = changesOf(parser, parser.value('a list of objects and their properties'));
  const entries = changes.map(({ object, properties }) => {
    const known = propertiesOf(task, fd, object);
    return Object.entries(properties).map(([name, value]) => {
      const property = known.get(name);
      if (!property)
        return parser.fail(
          `object ${object} has no property ${name}; it has ${[...known.keys()].join(', ')}`,
        );
      return { id: property.id, value: BigInt.asUintN(64, asNumber(value)) };
    });
  });
  const thread = task.startCall(fd, modeIoctls.DRM_IOCTL_MODE_ATOMIC, {
    flags,
    objs_ptr: changes.map(({ object }) => object),
    count_props_ptr: entries.map(list => list.length),
    props_ptr: entries.flat().map(({ id }) => id),
    prop_values_ptr: entries.flat().map(({ value }) => value),
    user_data: parser.ended || parser.peek()?.text === '&' ? 0n : parser.number('user data'),
  });
  return {
    thread,
    answer: () => {
      thread.result();
      return new Answer(0n);
    },
  };
}

function changesOf(parser: Caller['parser'], value: Value): Change[] {
  if (!isList(value))
    return parser.fail(`[[OBJECT, { PROPERTY: VALUE }], ...] is expected, not ${kindOf(value)}`);
  return value.map(pair => {
    const [object, properties] = isList(pair) ? pair : [];
    if (object === undefined || !properties || !isRecord(properties))
      return parser.fail('each item is a list of an object and its properties: [$crtc, { ACTIVE: 1 }]');
    return { object: Number(asNumber(object)), properties };
  });
}
