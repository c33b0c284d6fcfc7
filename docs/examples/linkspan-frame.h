/* Messages of linkspan for the examples in C. A packet is two bytes of type, little-endian (11 a Message, 10 an
 * AckMessage), and protobuf; the fields used here are written and read by hand. With protoc-c you would not. */
#ifndef LINKSPAN_FRAME_H
#define LINKSPAN_FRAME_H

#include <enet/enet.h>
#include <stdio.h>
#include <string.h>

enum { ACK = 10, MESSAGE = 11 };
enum { EVENT_ID = 1, FROM = 2, TO = 3, TYPE = 5, BODY = 6, HEADERS = 9, REPLY_TO = 10 };

/* One field of at most 127 bytes: key, length, bytes. */
static size_t put(unsigned char *out, int field, const char *bytes, size_t length) {
  length &= 127;
  out[0] = (unsigned char) (field << 3 | 2);
  out[1] = (unsigned char) length;
  memcpy(out + 2, bytes, length);
  return length + 2;
}

static size_t put_text(unsigned char *out, int field, const char *text) {
  return put(out, field, text, strlen(text));
}

static size_t varint(const unsigned char *in, size_t end, size_t *at) {
  size_t value = 0;
  for (int shift = 0; *at < end && shift < 35; shift += 7) {
    unsigned char byte = in[(*at)++];
    value |= (size_t) (byte & 127) << shift;
    if (byte < 128) break;
  }
  return value;
}

/* Finds a field; empty when it is not there. Every field of these two messages has a length. */
static const char *get(const ENetPacket *packet, int field, char *text, size_t size) {
  size_t at = 2;
  text[0] = 0;
  while (at < packet->dataLength) {
    size_t key = varint(packet->data, packet->dataLength, &at);
    size_t length = varint(packet->data, packet->dataLength, &at);
    if ((key & 7) != 2 || length > packet->dataLength - at) break;
    if ((int) (key >> 3) == field) {
      snprintf(text, size, "%.*s", (int) length, (const char *) packet->data + at);
    }
    at += length;
  }
  return text;
}

/* Begins a Message; add further fields at the result. */
static size_t begin_message(unsigned char *frame, const char *event_id, const char *to, const char *type, const char *body) {
  size_t length = 2;
  frame[0] = MESSAGE;
  frame[1] = 0;
  length += put_text(frame + length, EVENT_ID, event_id);
  length += put_text(frame + length, TO, to);
  length += put_text(frame + length, TYPE, type);
  return length + put_text(frame + length, BODY, body);
}

static void send_frame(ENetPeer *peer, const unsigned char *frame, size_t length) {
  enet_peer_send(peer, 0, enet_packet_create(frame, length, ENET_PACKET_FLAG_RELIABLE));
}

static void send_message(ENetPeer *peer, const char *event_id, const char *to, const char *type, const char *body) {
  unsigned char frame[600];
  send_frame(peer, frame, begin_message(frame, event_id, to, type, body));
}

static void send_ack(ENetPeer *peer, const char *event_id) {
  unsigned char frame[200] = {ACK, 0};
  send_frame(peer, frame, 2 + put_text(frame + 2, EVENT_ID, event_id));
}

#endif
