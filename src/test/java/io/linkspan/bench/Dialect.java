package io.linkspan.bench;

import io.linkspan.api.Message;
import io.linkspan.protocol.frame.LegacyFrame;
import io.linkspan.translate.BinaryTranslator;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Defines the WebSocket frames between clients and a server. */
public enum Dialect {

  /** The frames of the gateway, with a server that sends everything back. */
  RAW(0, 16, 0) {
    @Override
    String path(String user) {
      return "/";
    }

    @Override
    Template template(int client) {
      return binary(client);
    }

    @Override
    Answer read(ByteBuffer in, int at, int length) {
      return in.get(at) == LegacyFrame.TYPE_MESSAGE ? Answer.WHOLE : Answer.UNKNOWN;
    }
  },

  /** The gateway acknowledges a Message to its echo service, then sends the answer. */
  LINKSPAN(1, 16, 0) {
    @Override
    String path(String user) {
      return "/ws?ack=transport&user=" + user;
    }

    @Override
    Template template(int client) {
      return binary(client);
    }

    @Override
    Answer read(ByteBuffer in, int at, int length) {
      return switch (in.get(at)) {
        case LegacyFrame.TYPE_ACK -> Answer.PART;
        case LegacyFrame.TYPE_MESSAGE -> Answer.WHOLE;
        default -> Answer.UNKNOWN;
      };
    }
  },

  /** As above, with a session that a client can resume; not for messages. */
  LINKSPAN_RESUMABLE(1, 16, 0) {
    @Override
    String path(String user) {
      return "/ws?ack=transport&session=&user=" + user;
    }

    @Override
    Template template(int client) {
      return binary(client);
    }

    @Override
    Answer read(ByteBuffer in, int at, int length) {
      return Answer.WELCOME;
    }
  },

  /** Socket.IO 4: an event, acknowledged with its own arguments. */
  SOCKET_IO(0, 10, 10_000_000) {
    @Override
    String path(String user) {
      return "/socket.io/?EIO=4&transport=websocket";
    }

    @Override
    String greeting(String user) {
      return "40{\"user\":\"" + user + "\"}";
    }

    @Override
    Template template(int client) {
      String event = "4200000000[\"echo\",\"" + "x".repeat(BODY_LENGTH) + "\"]";
      return new Template(true, event.getBytes(StandardCharsets.US_ASCII), 9);
    }

    @Override
    Answer read(ByteBuffer in, int at, int length) {
      if (in.get(at) == '2' && length == 1) {
        return Answer.PING;
      }
      if (in.get(at) == '0' || (in.get(at) == '4' && in.get(at + 1) == '0')) {
        return Answer.WELCOME;
      }
      return in.get(at) == '4' && in.get(at + 1) == '3' && length > BODY_LENGTH
          ? Answer.WHOLE
          : Answer.UNKNOWN;
    }
  };

  static final int BODY_LENGTH = 64;

  /** The meaning of a frame of the server. */
  enum Answer {
    /** A frame of the handshake, or its end. */
    WELCOME,
    /** The last frame that answers a message. */
    WHOLE,
    /** A frame before the last one. */
    PART,
    /** A heartbeat, which must be answered. */
    PING,
    /** A frame that a server must not send. */
    UNKNOWN
  }

  /**
   * Holds a message.
   *
   * @param lastDigit index of the last of the eight digits that identify the message
   */
  record Template(boolean text, byte[] payload, int lastDigit) {}

  private static final String EVENT_ID_PREFIX = "6f1d2c3b-4a59-4687-9";

  private final int parts;
  private final int radix;
  private final int firstNumber;

  Dialect(int parts, int radix, int firstNumber) {
    this.parts = parts;
    this.radix = radix;
    this.firstNumber = firstNumber;
  }

  /** Returns the number of frames before the one that ends an answer. */
  int parts() {
    return parts;
  }

  /** Returns the base in which messages are numbered. */
  int radix() {
    return radix;
  }

  /** Returns the number of the first message. */
  int firstNumber() {
    return firstNumber;
  }

  /** Returns the address for a client of this name. */
  abstract String path(String user);

  /** Returns the first frame of a client; null when it sends nothing and awaits nothing. */
  String greeting(String user) {
    return null;
  }

  /** Returns the message that a client repeats. */
  abstract Template template(int client);

  /** Classifies the payload of a frame. */
  abstract Answer read(ByteBuffer in, int at, int length);

  private static Template binary(int client) {
    String eventId = EVENT_ID_PREFIX + String.format("%016x", (long) client << 32);
    byte[] payload =
        BinaryTranslator.encode(
            Message.newBuilder()
                .setEventId(eventId)
                .setTo("service:echo")
                .setType("text")
                .setBody("x".repeat(BODY_LENGTH))
                .build());
    // The tag and the length of the first field follow the type of the frame.
    return new Template(false, payload, LegacyFrame.HEADER_LENGTH + 2 + eventId.length() - 1);
  }
}
