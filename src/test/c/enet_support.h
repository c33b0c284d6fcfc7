/* What the test programs with the stock ENet library have in common: options, hosts, connections.
 *
 * "bad" says that the path loses, repeats, delays and damages datagrams.
 */
#ifndef ENET_SUPPORT_H
#define ENET_SUPPORT_H

#include <enet/enet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;
static int port;
static int checksum, compress_, bad;
static enet_uint32 limit;

static inline void check(int ok, const char *what) {
  if (!ok) {
    failures++;
    printf("FAILED %s\n", what);
    fflush(stdout);
  }
}

/* [checksum] [compress] [limited] [bad], from this argument on. */
static inline void read_options(int argc, char **argv, int from) {
  for (int i = from; i < argc; i++) {
    checksum |= strcmp(argv[i], "checksum") == 0;
    compress_ |= strcmp(argv[i], "compress") == 0;
    bad |= strcmp(argv[i], "bad") == 0;
    if (strcmp(argv[i], "limited") == 0) limit = 200000;
  }
}

/* address: to listen at; null for a client. */
static inline ENetHost *new_host(const ENetAddress *address, size_t peers) {
  ENetHost *h = enet_host_create(address, peers, 255, limit, limit);
  if (h == NULL) {
    perror("enet_host_create");
    exit(2);
  }
  if (checksum) h->checksum = enet_crc32;
  if (compress_) enet_host_compress_with_range_coder(h);
  return h;
}

/* The library looks at its timers only when it is called: waiting long at once repeats nothing. */
static inline int service(ENetHost *h, ENetEvent *event, enet_uint32 wait) {
  enet_uint32 start = enet_time_get();
  int result;
  do {
    result = enet_host_service(h, event, 5);
  } while (result == 0 && enet_time_get() - start < wait);
  return result;
}

static inline ENetPeer *start_dial(ENetHost *h, size_t channels, enet_uint32 data) {
  ENetAddress address;
  enet_address_set_host(&address, "127.0.0.1");
  address.port = (enet_uint16) port;
  return enet_host_connect(h, &address, channels, data);
}

static inline ENetPeer *dial(ENetHost *h, size_t channels, enet_uint32 data) {
  ENetEvent event;
  /* A late answer to the attempt before ends this one: it comes to the same slot, and does not fit. */
  for (int attempts = bad ? 5 : 1; attempts > 0; attempts--) {
    ENetPeer *peer = start_dial(h, channels, data);
    if (peer != NULL && service(h, &event, 15000) > 0 && event.type == ENET_EVENT_TYPE_CONNECT) return peer;
  }
  printf("FAILED connect\n");
  exit(1);
}

/* Another client where an old one was, on the same port. */
static inline ENetHost *succeed(ENetHost *h) {
  ENetAddress own = h->address;
  enet_socket_get_address(h->socket, &own);
  own.host = ENET_HOST_ANY;
  enet_host_destroy(h);
  h = new_host(&own, 1);
  /* Seeded by the second and the heap: a host made anew could repeat the ids of the one before. */
  h->randomSeed += 100000;
  return h;
}

static inline void wait_disconnect(ENetHost *h, enet_uint32 wait, enet_uint32 data, const char *what) {
  ENetEvent event;
  while (service(h, &event, wait) > 0) {
    if (event.type == ENET_EVENT_TYPE_RECEIVE) enet_packet_destroy(event.packet);
    if (event.type == ENET_EVENT_TYPE_DISCONNECT) {
      check(event.data == data, what);
      return;
    }
  }
  check(0, what);
}

#endif
