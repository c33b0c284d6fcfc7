/* The stock C library as client of, or server for, our core: see EnetCoreIT.java.
 *
 *   cc -o enet_interop enet_interop.c -lenet
 *   enet_interop client PORT [checksum] [compress] [limited] [bad]
 *   enet_interop server PORT [checksum] [compress]     (0: any free port)
 *
 * The other side echoes every message on its channel and as it came, and disconnects with data 77
 * on the reliable message "bye". Prints what failed; exit code 0 when nothing did.
 */
#include "enet_support.h"

/* Echoes of what is not reliable may come late; those of an earlier message are passed over. */
static int patient;

static unsigned char byte_at(size_t i, int salt) { return (unsigned char) (i * 31 + (i >> 8) + salt); }

static void say(ENetPeer *peer, int channel, size_t length, int salt, enet_uint32 flags) {
  ENetPacket *packet = enet_packet_create(NULL, length, flags);
  for (size_t i = 0; i < length; i++) packet->data[i] = byte_at(i, salt);
  if (enet_peer_send(peer, (enet_uint8) channel, packet) < 0) check(0, "send");
}

/* Waits for an echo; -1 on silence. */
static int hear(ENetHost *h, int wait, int *channel, int *flags, size_t *length, int salt) {
  ENetEvent event;
  while (service(h, &event, wait) > 0) {
    if (event.type == ENET_EVENT_TYPE_DISCONNECT) {
      check(0, "unexpected disconnect");
      exit(1);
    }
    if (event.type != ENET_EVENT_TYPE_RECEIVE) continue;
    int same = 1;
    for (size_t i = 0; i < event.packet->dataLength; i++) {
      if (event.packet->data[i] != byte_at(i, salt)) same = 0;
    }
    if (!same && patient) continue;
    *channel = event.channelID;
    *flags = (int) event.packet->flags;
    *length = event.packet->dataLength;
    enet_packet_destroy(event.packet);
    return same;
  }
  return -1;
}

static void echo_one(ENetHost *h, ENetPeer *peer, int channel, size_t length, enet_uint32 flags, int wanted) {
  int c = -1, f = -1;
  size_t l = 0;
  char what[100];
  int same = -1;
  /* What is not reliable may be lost, not least to either side's packet throttle. */
  for (int tries = flags == ENET_PACKET_FLAG_RELIABLE ? 1 : 30; tries > 0 && same == -1; tries--) {
    patient = flags != ENET_PACKET_FLAG_RELIABLE;
    say(peer, channel, length, (int) length, flags);
    same = hear(h, flags == ENET_PACKET_FLAG_RELIABLE ? (bad ? 20000 : 10000) : 200, &c, &f, &l, (int) length);
  }
  snprintf(what, sizeof what, "echo of %zu on %d with %u: same %d, %zu on %d with %d", length, channel, flags, same, l, c, f);
  check(same == 1 && c == channel && l == length && (f & ~(int) ENET_PACKET_FLAG_SENT) == wanted, what);
}

static int client(void) {
  ENetHost *h = new_host(NULL, 8);
  h->maximumPacketSize = 4 << 20;
  ENetPeer *peer = dial(h, 255, 0x11223344);
  check(peer->channelCount == 255, "255 channels");

  static const size_t sizes[] = {1, 2, 100, 1000, 1360, 1364, 1365, 1400, 5000, 100000, 1 << 20};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    if (limit && sizes[i] > 100000) continue;
    echo_one(h, peer, (int) (i * 25), sizes[i], ENET_PACKET_FLAG_RELIABLE, ENET_PACKET_FLAG_RELIABLE);
  }
  if (!compress_) echo_one(h, peer, 3, 0, ENET_PACKET_FLAG_RELIABLE, ENET_PACKET_FLAG_RELIABLE);
  if (!limit) {
    for (int i = 0; i < 20; i++) {
      echo_one(h, peer, i, (size_t) (10 + i * 50), 0, 0);
      echo_one(h, peer, i, (size_t) (10 + i * 50), ENET_PACKET_FLAG_UNSEQUENCED, ENET_PACKET_FLAG_UNSEQUENCED);
    }
    echo_one(h, peer, 7, 10000, ENET_PACKET_FLAG_UNRELIABLE_FRAGMENT, ENET_PACKET_FLAG_UNRELIABLE_FRAGMENT);
    echo_one(h, peer, 7, 5000, 0, ENET_PACKET_FLAG_RELIABLE);
  }

  /* A flood over all channels: per channel in order. */
  int messages = limit ? 500 : 20000, got = 0, bad = 0;
  int next[255] = {0};
  for (int i = 0; i < messages; i++) say(peer, i % 255, (size_t) (5 + i / 255), i / 255, ENET_PACKET_FLAG_RELIABLE);
  while (got < messages) {
    ENetEvent event;
    if (service(h, &event, 10000) <= 0 || event.type != ENET_EVENT_TYPE_RECEIVE) break;
    if (event.packet->dataLength != (size_t) (5 + next[event.channelID]++)) bad++;
    enet_packet_destroy(event.packet);
    got++;
  }
  check(got == messages && bad == 0, "flood");
  if (got != messages) printf("flood: %d of %d, %d out of order\n", got, messages, bad);

  /* Idle: pings both ways. */
  int c, f;
  size_t l;
  check(hear(h, 2500, &c, &f, &l, 0) == -1 && peer->state == ENET_PEER_STATE_CONNECTED, "idle");
  check(peer->roundTripTime < ENET_PEER_DEFAULT_ROUND_TRIP_TIME, "round trip time measured");

  enet_peer_disconnect(peer, 5);
  wait_disconnect(h, 3000, 0, "disconnect");

  peer = dial(h, 2, 0);
  for (int i = 0; i < 100; i++) say(peer, 0, 3000, i, ENET_PACKET_FLAG_RELIABLE);
  enet_peer_disconnect_later(peer, 6);
  wait_disconnect(h, 5000, 0, "disconnect later");

  peer = dial(h, 2, 0);
  enet_peer_disconnect_now(peer, 7);

  peer = dial(h, 2, 0);
  enet_peer_send(peer, 0, enet_packet_create("bye", 3, ENET_PACKET_FLAG_RELIABLE));
  wait_disconnect(h, 3000, 77, "disconnected by the other side");

  /* Reconnects, and an abrupt end with the same port: the old connection must not disturb. */
  for (int i = 0; i < 50; i++) {
    peer = dial(h, 1, 0);
    echo_one(h, peer, 0, 20, ENET_PACKET_FLAG_RELIABLE, ENET_PACKET_FLAG_RELIABLE);
    enet_peer_disconnect(peer, 0);
    wait_disconnect(h, 3000, 0, "reconnect");
  }
  peer = dial(h, 1, 0);
  h = succeed(h);
  peer = dial(h, 1, 0);
  echo_one(h, peer, 0, 30, ENET_PACKET_FLAG_RELIABLE, ENET_PACKET_FLAG_RELIABLE);
  enet_peer_disconnect(peer, 0);
  wait_disconnect(h, 3000, 0, "same port");
  enet_host_destroy(h);

  /* Two hundred at once. */
  enum { MANY = 200 };
  static ENetHost *hosts[MANY];
  static ENetPeer *peers[MANY];
  int echoed = 0, connected = 0;
  for (int i = 0; i < MANY; i++) {
    hosts[i] = new_host(NULL, 1);
    peers[i] = start_dial(hosts[i], 1, (enet_uint32) i);
  }
  enet_uint32 start = enet_time_get();
  while (echoed < MANY && enet_time_get() - start < 20000) {
    for (int i = 0; i < MANY; i++) {
      ENetEvent event;
      if (enet_host_service(hosts[i], &event, 0) <= 0) continue;
      if (event.type == ENET_EVENT_TYPE_CONNECT) {
        connected++;
        say(peers[i], 0, 50, i, ENET_PACKET_FLAG_RELIABLE);
      } else if (event.type == ENET_EVENT_TYPE_RECEIVE) {
        echoed += event.packet->dataLength == 50 && event.packet->data[0] == byte_at(0, i);
        enet_packet_destroy(event.packet);
      }
    }
  }
  check(echoed == MANY, "two hundred peers");
  if (echoed != MANY) printf("connected %d, echoed %d\n", connected, echoed);
  for (int i = 0; i < MANY; i++) enet_host_destroy(hosts[i]);
  printf("%d failures\n", failures);
  return failures != 0;
}

/* Says at which port it listens. */
static void server(void) {
  ENetAddress address;
  enet_address_set_host(&address, "127.0.0.1");
  address.port = (enet_uint16) port;
  ENetHost *h = new_host(&address, 512);
  enet_socket_get_address(h->socket, &address);
  printf("%d\n", address.port);
  fflush(stdout);
  for (;;) {
    ENetEvent event;
    if (enet_host_service(h, &event, 1000) <= 0) continue;
    if (event.type == ENET_EVENT_TYPE_RECEIVE) {
      ENetPacket *in = event.packet;
      if (in->dataLength == 3 && memcmp(in->data, "bye", 3) == 0) {
        enet_peer_disconnect(event.peer, 77);
      } else {
        enet_peer_send(event.peer, event.channelID, enet_packet_create(in->data, in->dataLength, in->flags & 0xF));
      }
      enet_packet_destroy(in);
    }
  }
}

int main(int argc, char **argv) {
  if (argc < 3 || enet_initialize() != 0) return 2;
  enet_time_set(1);
  port = atoi(argv[2]);
  read_options(argc, argv, 3);
  if (strcmp(argv[1], "server") == 0) server();
  return client();
}
