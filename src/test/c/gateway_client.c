/* The stock C library as a client of the gateway: see EnetClientsIT.java.
 *
 *   cc -o gateway_client gateway_client.c -lenet
 *   gateway_client PORT SCENARIO [checksum] [compress] [limited] [bad]
 *   gateway_client PORT agent USER
 *
 * Prints what failed; exit code 0 when nothing did.
 */
#include "enet_support.h"
#include "frames.h"

#include <poll.h>
#include <unistd.h>

static void say(ENetPeer *peer, int channel, const char *id, const char *to, const char *type, const char *body) {
  ENetPacket *packet = message(id, to, type, body, strlen(body), ENET_PACKET_FLAG_RELIABLE);
  if (enet_peer_send(peer, (enet_uint8) channel, packet) < 0) check(0, "send");
}

static void acknowledge(ENetPeer *peer, int channel, const ENetPacket *packet) {
  unsigned char frame[300] = {ACK, 0};
  size_t n;
  const unsigned char *id = field(packet, EVENT_ID, &n);
  n = 2 + put(frame + 2, EVENT_ID, (const char *) id, n > 256 ? 256 : n);
  enet_peer_send(peer, (enet_uint8) channel, enet_packet_create(frame, n, ENET_PACKET_FLAG_RELIABLE));
}

/* ---- connections */

/* The next packet; exits on silence, as nothing makes sense after it. */
static ENetPacket *hear(ENetHost *h, int *channel) {
  ENetEvent event;
  while (service(h, &event, 20000) > 0) {
    if (event.type == ENET_EVENT_TYPE_DISCONNECT) {
      printf("FAILED unexpected disconnect, data %u\n", event.data);
      exit(1);
    }
    if (event.type == ENET_EVENT_TYPE_RECEIVE) {
      *channel = event.channelID;
      return event.packet;
    }
  }
  printf("FAILED silence\n");
  exit(1);
}

static void hear_ack(ENetHost *h, int channel, const char *id) {
  int c;
  ENetPacket *packet = hear(h, &c);
  char what[100];
  snprintf(what, sizeof what, "acknowledgement of %s on channel %d (%d)", id, channel, c);
  check(packet->data[0] == ACK && is(packet, EVENT_ID, id) && c == channel, what);
  enet_packet_destroy(packet);
}

static void authenticate(ENetHost *h, ENetPeer *peer, const char *user) {
  say(peer, 0, "auth", "", "auth", user);
  hear_ack(h, 0, "auth");
}

/* Sends to the echo service; awaits the acknowledgement and the answer, and acknowledges that. */
static int echo(ENetHost *h, ENetPeer *peer, int channel, const char *id, size_t length, enet_uint32 flags) {
  char *body = malloc(length);
  for (size_t i = 0; i < length; i++) body[i] = (char) ('a' + (i * 31 + (i >> 8)) % 26);
  enet_peer_send(peer, (enet_uint8) channel, message(id, "service:echo", "text", body, length, flags));
  int acknowledged = 0, answered = 0, good = 1;
  enet_uint32 wait = flags == ENET_PACKET_FLAG_RELIABLE ? 30000 : 400;
  ENetEvent event;
  while (!answered && service(h, &event, wait) > 0) {
    if (event.type == ENET_EVENT_TYPE_DISCONNECT) {
      printf("FAILED unexpected disconnect, data %u\n", event.data);
      exit(1);
    }
    if (event.type != ENET_EVENT_TYPE_RECEIVE) continue;
    ENetPacket *packet = event.packet;
    if (packet->data[0] == ACK && is(packet, EVENT_ID, id)) {
      acknowledged = 1;
      good &= event.channelID == channel;
    } else if (packet->data[0] == MESSAGE) {
      acknowledge(peer, channel, packet);
      if (is(packet, REPLY_TO, id)) {
        size_t n;
        const unsigned char *bytes = field(packet, BODY, &n);
        good &= n == length && memcmp(bytes, body, n) == 0 && event.channelID == channel && acknowledged;
        good &= (packet->flags & ENET_PACKET_FLAG_RELIABLE) != 0;
        answered = 1;
      }
    }
    enet_packet_destroy(packet);
  }
  free(body);
  return answered && good;
}

/* ---- scenarios */

static void messages(void) {
  ENetHost *h = new_host(NULL, 4);
  ENetPeer *peer = dial(h, 255, 0);
  check(peer->channelCount == 255, "255 channels");
  authenticate(h, peer, "messages");
  static const size_t sizes[] = {1, 100, 1000, 1300, 1392, 1400, 5000, 100000, 1000000};
  char id[50];
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    if (limit && sizes[i] > 100000) continue;
    snprintf(id, sizeof id, "size-%zu", sizes[i]);
    check(echo(h, peer, (int) (i * 31), id, sizes[i], ENET_PACKET_FLAG_RELIABLE), id);
  }
  static const enet_uint32 modes[] = {0, ENET_PACKET_FLAG_UNSEQUENCED, ENET_PACKET_FLAG_UNRELIABLE_FRAGMENT};
  for (int mode = 0; mode < 3; mode++) {
    int answered = 0;
    for (int i = 0; i < 50 && !answered; i++) {
      snprintf(id, sizeof id, "mode-%d-%d", mode, i);
      answered = echo(h, peer, mode + 1, id, mode == 2 ? 9000 : 200, modes[mode]);
    }
    check(answered, id);
  }
  for (int i = 0; i < 255; i += bad ? 10 : 1) {
    snprintf(id, sizeof id, "channel-%d", i);
    check(echo(h, peer, i, id, 10, ENET_PACKET_FLAG_RELIABLE), id);
  }
  enet_peer_disconnect_later(peer, 0);
  wait_disconnect(h, 20000, 0, "disconnect later");
  enet_host_destroy(h);
}

/* Graceful and abrupt ends, and reconnects. */
static void ends(void) {
  ENetHost *h = new_host(NULL, 4);
  ENetPeer *peer;
  char id[50], user[50];
  /* Its own, so that a second run is not one of duplicates. */
  snprintf(user, sizeof user, "ends-%u", h->randomSeed);
  for (int i = 0; i < (bad ? 10 : 40); i++) {
    peer = dial(h, 2, 0);
    snprintf(id, sizeof id, "reconnect-%d", i);
    authenticate(h, peer, user);
    check(echo(h, peer, 1, id, 20, ENET_PACKET_FLAG_RELIABLE), id);
    if (i % 3 == 0) {
      enet_peer_disconnect_now(peer, 0);
    } else {
      if (i % 3 == 1) enet_peer_disconnect(peer, 0);
      else enet_peer_disconnect_later(peer, 0);
      wait_disconnect(h, 15000, 0, "disconnect");
    }
    if (bad && !checksum) {
      /* Two bits tell the connections of a slot apart, and what comes 30 ms late may be four connections old:
       * without checksums, which cover the connect id, the library takes it for its own. */
      enet_host_destroy(h);
      h = new_host(NULL, 4);
    }
  }
  /* The same port again after an abrupt end: the old connection must not disturb. */
  peer = dial(h, 1, 0);
  h = succeed(h);
  peer = dial(h, 1, 0);
  check(echo(h, peer, 0, "same-port", 30, ENET_PACKET_FLAG_RELIABLE), "same port");
  enet_peer_disconnect(peer, 0);
  wait_disconnect(h, 15000, 0, "disconnect of the same port");
  enet_host_destroy(h);
  /* A name that nobody may have. */
  h = new_host(NULL, 4);
  peer = dial(h, 1, 0);
  say(peer, 0, "a", "", "auth", " ");
  wait_disconnect(h, 15000, 4401, "unauthenticated");
  enet_host_destroy(h);
}

/* A message above enet.maxPacketSize ends the connection at its first fragment. */
static void large(void) {
  ENetHost *h = new_host(NULL, 1);
  ENetPeer *peer = dial(h, 1, 0);
  authenticate(h, peer, "large");
  enet_peer_send(peer, 0, enet_packet_create(NULL, 2 << 20, ENET_PACKET_FLAG_RELIABLE));
  wait_disconnect(h, 15000, 1009, "too large");
  enet_host_destroy(h);
}

/* Without checksums, at a gateway that requires them. */
static void plain(void) {
  ENetHost *h = new_host(NULL, 1);
  start_dial(h, 1, 0);
  wait_disconnect(h, 15000, 4400, "no checksum");
  enet_host_destroy(h);
}

/* Two hundred at once. */
static void crowd(void) {
  enum { MANY = 200 };
  static ENetHost *hosts[MANY];
  static ENetPeer *peers[MANY];
  static int done[MANY];
  int echoed = 0, connected = 0;
  for (int i = 0; i < MANY; i++) {
    hosts[i] = new_host(NULL, 4);
    peers[i] = start_dial(hosts[i], 1, 0);
  }
  enet_uint32 start = enet_time_get();
  while (echoed < MANY && enet_time_get() - start < 40000) {
    for (int i = 0; i < MANY; i++) {
      ENetEvent event;
      if (enet_host_service(hosts[i], &event, 0) <= 0) continue;
      if (event.type == ENET_EVENT_TYPE_CONNECT) {
        connected++;
        char user[50];
        snprintf(user, sizeof user, "crowd-%d", i);
        say(peers[i], 0, "auth", "", "auth", user);
        say(peers[i], 0, "echo", "service:echo", "text", user);
      } else if (event.type == ENET_EVENT_TYPE_RECEIVE) {
        if (event.packet->data[0] == MESSAGE && is(event.packet, REPLY_TO, "echo")) {
          acknowledge(peers[i], 0, event.packet);
          if (!done[i]++) echoed++;
        }
        enet_packet_destroy(event.packet);
      }
    }
  }
  check(echoed == MANY, "two hundred peers");
  if (echoed != MANY) printf("connected %d, echoed %d\n", connected, echoed);
  for (int i = 0; i < MANY; i++) {
    enet_peer_disconnect_now(peers[i], 0);
    enet_host_destroy(hosts[i]);
  }
}

/* Says what it is told on standard input, and prints what it hears; acknowledges every message. Fields are
 * separated by tabs:
 *
 *   <  ID  TO  TYPE  BODY
 *   >  ready  |  ack  ID  |  message  ID  FROM  TO  TYPE  BODY  REPLY_TO
 *
 * Leaves at the end of its input. */
static void agent(const char *user) {
  static const int shown[] = {EVENT_ID, FROM, TO, TYPE, BODY, REPLY_TO};
  char line[4096];
  size_t held = 0;
  ENetHost *h = new_host(NULL, 1);
  ENetPeer *peer = dial(h, 2, 0);
  authenticate(h, peer, user);
  printf("ready\n");
  for (;;) {
    fflush(stdout);
    struct pollfd input[] = {{.fd = STDIN_FILENO, .events = POLLIN}};
    if (poll(input, 1, 0) > 0) {
      ssize_t n = read(STDIN_FILENO, line + held, 1);
      if (n <= 0) break;
      if (line[held] != '\n') {
        check(++held < sizeof line, "a line that is not too long");
        if (held == sizeof line) exit(1);
        continue;
      }
      line[held] = 0;
      held = 0;
      char *rest = line;
      char *words[4];
      for (int i = 0; i < 4; i++) words[i] = strsep(&rest, "\t");
      if (words[3] == NULL) {
        printf("FAILED to understand\n");
        exit(1);
      }
      say(peer, 1, words[0], words[1], words[2], words[3]);
    }
    ENetEvent event;
    if (enet_host_service(h, &event, 5) <= 0) continue;
    if (event.type == ENET_EVENT_TYPE_DISCONNECT) {
      printf("FAILED unexpected disconnect, data %u\n", event.data);
      exit(1);
    }
    if (event.type != ENET_EVENT_TYPE_RECEIVE) continue;
    int is_ack = event.packet->data[0] == ACK;
    printf(is_ack ? "ack" : "message");
    for (int i = 0; i < (is_ack ? 1 : 6); i++) {
      size_t n;
      const unsigned char *bytes = field(event.packet, shown[i], &n);
      printf("\t%.*s", (int) n, (const char *) bytes);
    }
    printf("\n");
    if (!is_ack) acknowledge(peer, event.channelID, event.packet);
    enet_packet_destroy(event.packet);
  }
  enet_peer_disconnect_later(peer, 0);
  wait_disconnect(h, 15000, 0, "disconnect");
  enet_host_destroy(h);
}

int main(int argc, char **argv) {
  if (argc < 3 || enet_initialize() != 0) return 2;
  port = atoi(argv[1]);
  read_options(argc, argv, 3);
  if (strcmp(argv[2], "messages") == 0) messages();
  else if (strcmp(argv[2], "ends") == 0) ends();
  else if (strcmp(argv[2], "crowd") == 0) crowd();
  else if (strcmp(argv[2], "large") == 0) large();
  else if (strcmp(argv[2], "plain") == 0) plain();
  else if (strcmp(argv[2], "agent") == 0 && argc > 3) agent(argv[3]);
  else check(0, "no such scenario");
  printf("%d failures\n", failures);
  return failures != 0;
}
