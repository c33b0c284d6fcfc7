/* A client of linkspan with the stock ENet library. With a gateway running:
 *
 *   cc -o hello-enet docs/examples/hello-enet.c -lenet        (Debian: apt-get install libenet-dev)
 *   ./hello-enet [PORT] [USER]
 */
#include "linkspan-frame.h"
#include <stdlib.h>

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
