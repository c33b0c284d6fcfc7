/* The gateway's frames: a little-endian type of two bytes, then protobuf. All fields used here have a length. */
#ifndef FRAMES_H
#define FRAMES_H

#include <enet/enet.h>
#include <stdlib.h>
#include <string.h>

enum { ACK = 10, MESSAGE = 11 };
enum { EVENT_ID = 1, FROM = 2, TO = 3, TYPE = 5, BODY = 6, HEADERS = 9, REPLY_TO = 10 };

static inline size_t put_varint(unsigned char *out, size_t value) {
  size_t n = 0;
  while (value > 127) {
    out[n++] = (unsigned char) (value | 128);
    value >>= 7;
  }
  out[n++] = (unsigned char) value;
  return n;
}

static inline size_t put(unsigned char *out, int field, const char *bytes, size_t length) {
  size_t n = put_varint(out, (size_t) (field << 3 | 2));
  n += put_varint(out + n, length);
  memcpy(out + n, bytes, length);
  return n + length;
}

static inline size_t text(unsigned char *out, int field, const char *value) {
  return *value ? put(out, field, value, strlen(value)) : 0;
}

static inline size_t varint(const unsigned char *in, size_t end, size_t *at) {
  size_t value = 0;
  for (int shift = 0; *at < end && shift < 35; shift += 7) {
    unsigned char byte = in[(*at)++];
    value |= (size_t) (byte & 127) << shift;
    if (byte < 128) break;
  }
  return value;
}

static inline const unsigned char *field(const ENetPacket *packet, int wanted, size_t *length) {
  size_t at = 2;
  while (at < packet->dataLength) {
    size_t key = varint(packet->data, packet->dataLength, &at);
    size_t n = varint(packet->data, packet->dataLength, &at);
    if ((key & 7) != 2 || n > packet->dataLength - at) break;
    if ((int) (key >> 3) == wanted) {
      *length = n;
      return packet->data + at;
    }
    at += n;
  }
  *length = 0;
  return packet->data;
}

static inline int is(const ENetPacket *packet, int wanted, const char *value) {
  size_t n;
  const unsigned char *bytes = field(packet, wanted, &n);
  return n == strlen(value) && memcmp(bytes, value, n) == 0;
}

static inline ENetPacket *message(const char *id, const char *to, const char *type, const char *body, size_t length, enet_uint32 flags) {
  unsigned char *frame = malloc(length + 1000);
  size_t n = 2;
  frame[0] = MESSAGE;
  frame[1] = 0;
  n += text(frame + n, EVENT_ID, id);
  n += text(frame + n, TO, to);
  n += text(frame + n, TYPE, type);
  n += put(frame + n, BODY, body, length);
  ENetPacket *packet = enet_packet_create(frame, n, flags);
  free(frame);
  return packet;
}

#endif
