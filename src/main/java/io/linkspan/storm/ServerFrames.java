package io.linkspan.storm;

import java.nio.ByteBuffer;

/** Reads the WebSocket frames of a server, byte by byte as they arrive. */
final class ServerFrames {

  /** Longer payloads are skipped. */
  private static final int MAX_KEPT = 4 * 1024;

  private static final int LONGEST_HEADER = 10;
  private static final int OPCODE = 0x0F;
  private static final int CLOSE = 0x8;
  private static final int PING = 0x9;
  private static final int BINARY = 0x2;
  private static final int LENGTH = 0x7F;
  private static final int NO_STATUS = 1005;

  /** Receives what a server sends. */
  interface Events {
    /** Receives a binary frame; an empty payload stands for one that was too long to be kept. */
    void binary(byte[] payload);

    /** Receives a ping, which must be answered. */
    void ping();

    /** Receives the code of a close frame. */
    void closed(int code);
  }

  private final byte[] header = new byte[LONGEST_HEADER];
  private int headerRead;
  private long payloadLeft = -1;
  private byte[] payload;
  private int payloadRead;

  /** Reads all bytes of a buffer. */
  void read(ByteBuffer bytes, Events events) {
    while (bytes.hasRemaining()) {
      if (payloadLeft < 0) {
        readHeader(bytes.get());
      } else {
        readPayload(bytes);
      }
      if (payloadLeft == 0) {
        finish(events);
      }
    }
  }

  private void readHeader(byte next) {
    header[headerRead++] = next;
    if (headerRead < 2) {
      return;
    }
    int length = header[1] & LENGTH;
    int more = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (headerRead < 2 + more) {
      return;
    }
    long size = more == 0 ? length : 0;
    for (int i = 0; i < more; i++) {
      size = size << 8 | (header[2 + i] & 0xFF);
    }
    payloadLeft = size & Long.MAX_VALUE;
    payload = new byte[payloadLeft <= MAX_KEPT ? (int) payloadLeft : 0];
    payloadRead = 0;
  }

  private void readPayload(ByteBuffer bytes) {
    int count = (int) Math.min(bytes.remaining(), payloadLeft);
    if (payload.length > 0) {
      bytes.get(payload, payloadRead, count);
      payloadRead += count;
    } else {
      bytes.position(bytes.position() + count);
    }
    payloadLeft -= count;
  }

  private void finish(Events events) {
    switch (header[0] & OPCODE) {
      case BINARY -> events.binary(payload);
      case PING -> events.ping();
      case CLOSE ->
          events.closed(
              payload.length < 2 ? NO_STATUS : (payload[0] & 0xFF) << 8 | (payload[1] & 0xFF));
      default -> {
        // The gateway sends no texts to these clients, and a pong asks for nothing.
      }
    }
    headerRead = 0;
    payloadLeft = -1;
  }
}
