/* A client of linkspan with the stock ENet library. With a gateway running:
 *
 *   cc -o hello-enet docs/examples/hello-enet.c -lenet        (Debian: apt-get install libenet-dev)
 *   ./hello-enet [PORT] [USER]
 *
 * A packet is two bytes of type, little-endian (11 a Message, 10 an AckMessage), and protobuf; the
 * three fields used here are written and read by hand. With protoc-c you would not.
 */
#include <enet/enet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ACK = 10, MESSAGE = 11 };
enum { EVENT_ID = 1, TO = 3, TYPE = 5, BODY = 6, REPLY_TO = 10 };

/* One text field of at most 127 bytes: key, length, bytes. */
static size_t put(unsigned char *out, int field, const char *text) {
  size_t length = strlen(text) & 127;
  out[0] = (unsigned char) (field << 3 | 2);
  out[1] = (unsigned char) length;
  memcpy(out + 2, text, length);
  return length + 2;
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

static void send_message(ENetPeer *peer, const char *event_id, const char *to, const char *type, const char *body) {
  unsigned char frame[600] = {MESSAGE, 0};
  size_t length = 2;
  length += put(frame + length, EVENT_ID, event_id);
  length += put(frame + length, TO, to);
  length += put(frame + length, TYPE, type);
  length += put(frame + length, BODY, body);
  enet_peer_send(peer, 0, enet_packet_create(frame, length, ENET_PACKET_FLAG_RELIABLE));
}

static void send_ack(ENetPeer *peer, const char *event_id) {
  unsigned char frame[200] = {ACK, 0};
  size_t length = 2 + put(frame + 2, EVENT_ID, event_id);
  enet_peer_send(peer, 0, enet_packet_create(frame, length, ENET_PACKET_FLAG_RELIABLE));
}

int main(int argc, char **argv) {
  const char *user = argc > 2 ? argv[2] : "hello";
  if (enet_initialize() != 0) return 1;
  ENetHost *host = enet_host_create(NULL, 1, 1, 0, 0);
  host->checksum = enet_crc32; /* ties every datagram to this connection; a gateway may require it */
  ENetAddress address;
  enet_address_set_host(&address, "127.0.0.1");
  address.port = (enet_uint16) (argc > 1 ? atoi(argv[1]) : 7777);
  ENetPeer *peer = enet_host_connect(host, &address, 1, 0);
  ENetEvent event;
  if (enet_host_service(host, &event, 5000) <= 0 || event.type != ENET_EVENT_TYPE_CONNECT) {
    fprintf(stderr, "no gateway at UDP port %u\n", address.port);
    return 1;
  }
  printf("connected as %s\n", user);
  send_message(peer, "auth", "", "auth", user);
  send_message(peer, "hello-1", "service:echo", "text", "Hello, linkspan!");

  int failed = 1;
  char text[200], id[200];
  while (enet_host_service(host, &event, 5000) > 0) {
    if (event.type == ENET_EVENT_TYPE_DISCONNECT) {
      if (event.data != 0) printf("closed by the gateway: %u\n", event.data);
      break;
    }
    if (event.type != ENET_EVENT_TYPE_RECEIVE) continue;
    if (event.packet->data[0] == ACK) {
      if (strcmp(get(event.packet, EVENT_ID, text, sizeof text), "hello-1") == 0) {
        printf("acknowledged: the service has it\n");
      }
    } else if (strcmp(get(event.packet, TYPE, text, sizeof text), "error") == 0) {
      printf("refused: %s\n", get(event.packet, BODY, text, sizeof text));
      enet_peer_disconnect_later(peer, 0);
    } else if (strcmp(get(event.packet, REPLY_TO, text, sizeof text), "hello-1") == 0) {
      printf("service:echo answers: %s\n", get(event.packet, BODY, text, sizeof text));
      send_ack(peer, get(event.packet, EVENT_ID, id, sizeof id)); /* or it would be sent again */
      enet_peer_disconnect_later(peer, 0);
      failed = 0;
    }
    enet_packet_destroy(event.packet);
  }
  enet_host_destroy(host);
  return failed;
}
