/* A client of linkspan with the stock ENet library that resumes its session. With a gateway running:
 *
 *   cc -o resume-enet docs/examples/resume-enet.c -lenet        (Debian: apt-get install libenet-dev)
 *   ./resume-enet [PORT] [USER]
 *
 * Prints what USER receives, through lost connections, until somebody sends it "bye".
 */
#include "linkspan-frame.h"
#include <stdlib.h>
#include <time.h>

enum { FIRST_DELAY_MS = 500, MAX_DELAY_MS = 30000, STABLE_MS = 5000, SEEN = 64 };

static char session[128];       /* the token of the session; empty: none */
static char hello_id[40];       /* eventId of the message that has no outcome yet; empty: it has one */
static char seen[SEEN][200];    /* the latest messages, by sender and eventId */
static int next_seen;

/* Says whether to reconnect, by the table of docs/clients.md. 0 is a lost connection. After 4401 it stops, since it has one token only. */
static int may_reconnect(enet_uint32 code) {
  static const enet_uint32 never[] = {1000, 1002, 1003, 1007, 1008, 1009, 1010, 4400, 4401, 4403, 4409, 4410};
  for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
    if (code == never[i]) return 0;
  }
  return code < 4500 || code >= 5000;
}

static size_t put_header(unsigned char *out, const char *name, const char *value) {
  unsigned char entry[256];
  size_t length = put_text(entry, 1, name);
  length += put_text(entry + length, 2, value);
  return put(out, HEADERS, (const char *) entry, length);
}

/* The first message of each connection says who the client is, and which session it resumes. */
static void send_auth(ENetPeer *peer, const char *user) {
  unsigned char frame[1000];
  size_t length = begin_message(frame, "auth", "", "auth", user);
  length += put_header(frame + length, "ack", "client");
  length += put_header(frame + length, "session", session);
  send_frame(peer, frame, length);
}

/* Stores a message; returns 0 if it has arrived before. */
static int remember(const char *from, const char *event_id) {
  char key[200];
  snprintf(key, sizeof key, "%.90s\n%.100s", from, event_id);
  for (int i = 0; i < SEEN; i++) {
    if (strcmp(seen[i], key) == 0) return 0;
  }
  strcpy(seen[next_seen], key);
  next_seen = (next_seen + 1) % SEEN;
  return 1;
}

/* Returns 1 when the program ends. */
static int on_packet(ENetPeer *peer, const ENetPacket *packet) {
  char id[200], from[200], type[200], body[1000];
  if (packet->dataLength < 2) return 0;
  get(packet, EVENT_ID, id, sizeof id);
  if (packet->data[0] == ACK) {
    if (strcmp(id, hello_id) == 0) hello_id[0] = 0;
    return 0;
  }
  get(packet, TYPE, type, sizeof type);
  get(packet, BODY, body, sizeof body);
  if (strcmp(type, "session") == 0) {
    const char *token = strstr(body, "\"session\":\"");
    session[0] = 0;
    if (token != NULL) sscanf(token + strlen("\"session\":\""), "%120[^\"]", session);
    printf(strstr(body, "\"recovered\":true") != NULL ? "resumed\n" : "a new session\n");
    if (hello_id[0]) send_message(peer, hello_id, "service:echo", "text", "Hello, linkspan!");
  } else if (strcmp(type, "error") == 0) {
    printf("refused: %s\n", body);
  } else if (strcmp(type, "auth") != 0) {
    if (remember(get(packet, FROM, from, sizeof from), id)) printf("%s: %s\n", from, body);
    send_ack(peer, id);
  }
  fflush(stdout);
  return strcmp(body, "bye") == 0;
}

/* Serves one connection; returns 1 when the program ends, and else sets the disconnect data. */
static int serve(ENetHost *host, ENetPeer *peer, const char *user, enet_uint32 *code) {
  ENetEvent event;
  int leaving = 0;
  *code = 0;
  for (;;) {
    if (enet_host_service(host, &event, 5000) <= 0) {
      if (peer->state == ENET_PEER_STATE_CONNECTED) continue;
      enet_peer_reset(peer); /* no connection in time */
      return leaving;
    }
    if (event.type == ENET_EVENT_TYPE_CONNECT) {
      send_auth(peer, user);
    } else if (event.type == ENET_EVENT_TYPE_DISCONNECT) {
      *code = event.data; /* ENet has reset the peer */
      return leaving;
    } else if (event.type == ENET_EVENT_TYPE_RECEIVE) {
      if (on_packet(peer, event.packet)) {
        leaving = 1;
        enet_peer_disconnect_later(peer, 0); /* ends the session */
      }
      enet_packet_destroy(event.packet);
    }
  }
}

int main(int argc, char **argv) {
  const char *user = argc > 2 ? argv[2] : "hello";
  if (enet_initialize() != 0) return 1;
  ENetHost *host = enet_host_create(NULL, 1, 1, 0, 0); /* one peer: a second connection cannot exist */
  host->checksum = enet_crc32;
  ENetAddress address;
  enet_address_set_host(&address, "127.0.0.1");
  address.port = (enet_uint16) (argc > 1 ? atoi(argv[1]) : 7777);
  srand((unsigned) time(NULL) ^ enet_host_random_seed());
  snprintf(hello_id, sizeof hello_id, "hello-%08x%08x", (unsigned) rand(), (unsigned) rand());
  for (int attempt = 0;; attempt++) {
    enet_uint32 code, started = enet_time_get();
    ENetPeer *peer = enet_host_connect(host, &address, 1, 0);
    if (peer == NULL) return 1;
    if (serve(host, peer, user, &code)) break;
    if (!may_reconnect(code)) {
      printf("closed by the gateway: %u\n", code);
      return 1;
    }
    if (enet_time_get() - started > STABLE_MS) attempt = 0;
    int ceiling = FIRST_DELAY_MS << (attempt < 6 ? attempt : 6);
    if (ceiling > MAX_DELAY_MS) ceiling = MAX_DELAY_MS;
    struct timespec pause = {0, 0};
    int delay = ceiling / 2 + rand() % (ceiling / 2);
    pause.tv_sec = delay / 1000;
    pause.tv_nsec = delay % 1000 * 1000000L;
    nanosleep(&pause, NULL);
  }
  enet_host_destroy(host);
  return 0;
}
