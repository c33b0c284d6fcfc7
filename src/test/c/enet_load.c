/* Clients of the stock C library that load a server, and the C library as that server: see EnetBenchmark.java.
 *
 *   cc -O2 -o enet_load enet_load.c -lenet
 *   enet_load server PEERS
 *   enet_load PORT echo|gateway PEERS SIZE IN_FLIGHT RATE WARM_UP_MS WARM_UP_MESSAGES WINDOW_MS
 *
 * Each peer is a host with a socket of its own, as clients are. All send the same: a Message to service:echo
 * with SIZE bytes of body, reliable, on channel 0. "echo": the server returns the packet; "gateway": it returns a Message,
 * behind an acknowledgement that is not counted. IN_FLIGHT messages wait for an answer on each peer (closed
 * loop), or, when it is 0, RATE messages per second are sent over all peers, evenly, answered or not (open
 * loop); with both 0 the peers are idle.
 *
 * Prints "ready" when all are connected, "begin" after the warm-up, then "end MESSAGES P50_US P99_US
 * REPEATED DATAGRAMS": answers in the window, their latencies, from when a message was due, and what the
 * clients sent, and of that the retransmissions. Ends with its standard input; nothing else takes longer than two
 * minutes beyond the times given.
 */
#include "enet_support.h"
#include "frames.h"

#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum {
  MOST_PEERS = 4095,
  MOST_IN_FLIGHT = 1 << 10,
  MOST_LATENCIES = 1 << 22,
  /* A program with a loop of its own calls the library about so often. */
  SWEEP_US = 10000,
  IDLE_SWEEP_US = 50000,
  PATIENCE_US = 120000000
};

typedef struct {
  ENetHost *host;
  ENetPeer *peer;
  int number;
  enet_uint32 sent, answered;
  enet_uint32 lost;
  long due[MOST_IN_FLIGHT];
} Client;

static Client *clients;
static int count, in_flight, ready, is_gateway;
static size_t size;
static int epoll_fd;
static unsigned char *frame;
static size_t frame_length;
static int id_digits;
static long answers, repeated;
static long latency_count;
static unsigned *latencies;
static int measuring, pumping;

static long now_us(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000L + time.tv_nsec / 1000;
}

static void fail(const char *what) {
  printf("FAILED %s\n", what);
  exit(1);
}

/* Small messages have short names, so that 32 fit into a datagram. */
static void make_frame(void) {
  static const char whole[] = "6f1d2c3b-4a59-4687-90000000000000000";
  char *body = malloc(size + 1);
  memset(body, 'x', size);
  id_digits = size < 64 ? 8 : 16;
  const char *id = size < 64 ? "00000000" : whole;
  frame = malloc(size + 200);
  frame[0] = MESSAGE;
  frame[1] = 0;
  frame_length = 2;
  frame_length += text(frame + 2, EVENT_ID, id);
  frame_length += text(frame + frame_length, TO, "service:echo");
  frame_length += put(frame + frame_length, BODY, body, size);
  free(body);
}

static void send_message(Client *client, long due) {
  if (client->sent - client->answered >= MOST_IN_FLIGHT) fail("the server does not answer");
  client->due[client->sent % MOST_IN_FLIGHT] = due;
  ENetPacket *packet = enet_packet_create(frame, frame_length, ENET_PACKET_FLAG_RELIABLE);
  /* Behind the frame's type stand the tag and the length of the first field. */
  unsigned char *last = packet->data + 4 + (id_digits == 8 ? 8 : 36) - 1;
  for (int i = 0; i < 8; i++) last[-i] = (unsigned char) "0123456789abcdef"[client->sent >> 4 * i & 15];
  client->sent++;
  if (enet_peer_send(client->peer, 0, packet) < 0) fail("a message could not be sent");
}

static void authenticate(Client *client) {
  unsigned char message[300], header[50];
  char user[60];
  snprintf(user, sizeof user, "bench-%d-%d", (int) getpid(), client->number);
  size_t n = text(header, 1, "ack");
  n += text(header + n, 2, "transport");
  message[0] = MESSAGE;
  message[1] = 0;
  size_t length = 2;
  length += text(message + length, EVENT_ID, "auth");
  length += text(message + length, TYPE, "auth");
  length += text(message + length, BODY, user);
  length += put(message + length, HEADERS, (char *) header, n);
  enet_peer_send(client->peer, 0, enet_packet_create(message, length, ENET_PACKET_FLAG_RELIABLE));
}

static void on_answer(Client *client) {
  if (client->answered == client->sent) fail("an answer that nobody asked for");
  long now = now_us();
  if (measuring && latency_count < MOST_LATENCIES) {
    latencies[latency_count++] = (unsigned) (now - client->due[client->answered % MOST_IN_FLIGHT]);
  }
  client->answered++;
  answers++;
  if (pumping) send_message(client, now);
}

static void on_packet(Client *client, const ENetPacket *packet) {
  if (packet->dataLength < 2) fail("a packet without a frame");
  if (!is_gateway) {
    if (packet->dataLength != frame_length) fail("not the same length");
    on_answer(client);
  } else if (packet->data[0] == MESSAGE) {
    if (is(packet, TYPE, "error")) fail("an error came for an answer");
    on_answer(client);
  } else if (client->sent == 0) {
    ready++;
  }
}

static void handle(Client *client, ENetEvent *event) {
  switch (event->type) {
    case ENET_EVENT_TYPE_CONNECT:
      if (is_gateway) authenticate(client);
      else ready++;
      break;
    case ENET_EVENT_TYPE_RECEIVE:
      on_packet(client, event->packet);
      enet_packet_destroy(event->packet);
      break;
    case ENET_EVENT_TYPE_DISCONNECT:
      fail("a connection ended");
      break;
    case ENET_EVENT_TYPE_NONE:
      break;
  }
}

static void service_client(Client *client) {
  ENetEvent event;
  int more = enet_host_service(client->host, &event, 0);
  while (more > 0) {
    handle(client, &event);
    more = enet_host_check_events(client->host, &event);
  }
  enet_host_flush(client->host);
  /* The library counts, and begins again every ten seconds. */
  enet_uint32 lost = client->peer->packetsLost;
  repeated += lost >= client->lost ? lost - client->lost : lost;
  client->lost = lost;
}

/* Handles received packets, and services all clients that are due. */
static void turn(long *swept, long sweep, int wait_ms) {
  struct epoll_event events[256];
  int n = epoll_wait(epoll_fd, events, 256, wait_ms);
  for (int i = 0; i < n; i++) service_client(events[i].data.ptr);
  long now = now_us();
  if (now - *swept >= sweep) {
    *swept = now;
    for (int i = 0; i < count; i++) service_client(&clients[i]);
  }
}

/* Some at a time: a crowd at once is another test. */
static void connect_all(void) {
  long start = now_us(), swept = start;
  for (int i = 0; i < count; i++) {
    Client *client = &clients[i];
    client->number = i;
    client->host = new_host(NULL, 1);
    client->peer = start_dial(client->host, 1, 0);
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = client};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, client->host->socket, &interest);
    enet_host_flush(client->host);
    int all = count;
    count = i + 1;
    while (ready < i - 50) {
      turn(&swept, SWEEP_US, 5);
      if (now_us() - start > PATIENCE_US) fail("not all could connect");
    }
    count = all;
  }
  while (ready < count) {
    turn(&swept, SWEEP_US, 5);
    if (now_us() - start > PATIENCE_US) fail("not all could connect");
  }
}

/* Until the time is over and the messages are answered. */
static void load(long ms, long messages, long rate) {
  long start = now_us(), swept = start, end = start + ms * 1000, before = answers, sent = 0;
  for (long now = start; now < end || answers - before < messages; now = now_us()) {
    if (now > end + PATIENCE_US) fail("the server is too slow");
    int wait = in_flight > 0 ? 5 : 50;
    if (rate > 0) {
      for (; start + sent * 1000000 / rate <= now; sent++) {
        Client *client = &clients[sent % count];
        send_message(client, start + sent * 1000000 / rate);
        enet_host_flush(client->host);
      }
      wait = 0;
      long left = start + sent * 1000000 / rate - now_us();
      if (left > 1000) wait = 1;
    }
    turn(&swept, in_flight + rate > 0 ? SWEEP_US : IDLE_SWEEP_US, wait);
  }
}

static int by_value(const void *a, const void *b) {
  unsigned x = *(const unsigned *) a, y = *(const unsigned *) b;
  return x < y ? -1 : x > y;
}

static unsigned percentile(int percent) {
  return latency_count == 0 ? 0 : latencies[latency_count * percent / 100];
}

static long datagrams(void) {
  long sum = 0;
  for (int i = 0; i < count; i++) sum += clients[i].host->totalSentPackets;
  return sum;
}

/* Until it is killed. */
static void server(size_t peers) {
  ENetAddress address;
  enet_address_set_host(&address, "127.0.0.1");
  address.port = 0;
  ENetHost *h = new_host(&address, peers);
  enet_socket_get_address(h->socket, &address);
  printf("\"enet\":%d\n", address.port);
  fflush(stdout);
  for (;;) {
    ENetEvent event;
    int more = enet_host_service(h, &event, 1000);
    while (more > 0) {
      if (event.type == ENET_EVENT_TYPE_RECEIVE) enet_peer_send(event.peer, event.channelID, event.packet);
      more = enet_host_check_events(h, &event);
    }
  }
}

int main(int argc, char **argv) {
  if (enet_initialize() != 0) return 2;
  if (argc == 3 && strcmp(argv[1], "server") == 0) server((size_t) atoi(argv[2]));
  if (argc != 10) return 64;
  port = atoi(argv[1]);
  is_gateway = strcmp(argv[2], "gateway") == 0;
  count = atoi(argv[3]);
  size = (size_t) atoi(argv[4]);
  in_flight = atoi(argv[5]);
  long rate = atol(argv[6]), warm_up_ms = atol(argv[7]), warm_up_messages = atol(argv[8]), window_ms = atol(argv[9]);
  if (count < 1 || count > MOST_PEERS || in_flight > MOST_IN_FLIGHT) return 64;
  clients = calloc((size_t) count, sizeof *clients);
  latencies = malloc(MOST_LATENCIES * sizeof *latencies);
  epoll_fd = epoll_create1(0);
  make_frame();
  connect_all();
  printf("ready\n");
  fflush(stdout);
  pumping = in_flight > 0;
  for (int i = 0; i < count; i++) {
    for (int k = 0; k < in_flight; k++) send_message(&clients[i], now_us());
    enet_host_flush(clients[i].host);
  }
  load(warm_up_ms, warm_up_messages, rate);
  for (int i = 0; i < count; i++) clients[i].host->totalSentPackets = 0;
  long before = answers, repeated_before = repeated;
  measuring = 1;
  printf("begin\n");
  fflush(stdout);
  load(window_ms, 0, rate);
  measuring = 0;
  qsort(latencies, (size_t) latency_count, sizeof *latencies, by_value);
  printf("end %ld %u %u %ld %ld\n", answers - before, percentile(50), percentile(99), repeated - repeated_before, datagrams());
  fflush(stdout);
  /* The benchmark reads the CPU time of this process before it ends. */
  char ignored;
  while (read(STDIN_FILENO, &ignored, 1) > 0) continue;
  for (int i = 0; i < count; i++) {
    enet_peer_disconnect_now(clients[i].peer, 0);
    enet_host_destroy(clients[i].host);
  }
  return 0;
}
