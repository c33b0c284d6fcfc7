#!/bin/sh
# A client of linkspan in two lines of JSON, with the netcat of OpenBSD (Debian: netcat-openbsd). With a gateway
# that runs with LINKSPAN_TCP_ENABLED=true LINKSPAN_TCP_FRAMING_KIND=line:
#
#   sh docs/examples/hello-nc.sh [PORT] [USER]
#
# It ends three seconds after the gateway's last word.

printf '%s\n' \
  "{\"eventId\": \"1\", \"type\": \"auth\", \"body\": \"${2:-hello}\", \"headers\": {\"ack\": \"transport\"}}" \
  '{"eventId": "2", "to": "service:echo", "body": "Hello, linkspan!"}' |
  nc -w 3 127.0.0.1 "${1:-7000}"
