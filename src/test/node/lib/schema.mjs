// The binary frame, read by an independent protobuf implementation: 16-bit little-endian type, then the message.
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";

const proto = fileURLToPath(new URL("../../../../proto/message.proto", import.meta.url));
const root = await protobuf.load(proto);
const types = new Map([
  [10, root.lookupType("socket.AckMessage")],
  [11, root.lookupType("socket.Message")],
]);

export const message = (fields) => encode(11, fields);
export const ack = (eventId) => encode(10, { eventId });

/** {type, and the fields that are set}. */
export function decode(frame) {
  const number = frame.readUInt16LE(0);
  const type = types.get(number);
  return { frame: number, ...type.toObject(type.decode(frame.subarray(2))) };
}

function encode(number, fields) {
  const header = Buffer.alloc(2);
  header.writeUInt16LE(number);
  return Buffer.concat([header, types.get(number).encode(fields).finish()]);
}
