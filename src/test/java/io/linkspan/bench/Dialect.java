package io.linkspan.bench;

import io.linkspan.api.Message;
import io.linkspan.protocol.frame.LegacyFrame;
import io.linkspan.testing.TestTokens;
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
    Template template(int client, String recipient) {
      return binary(client, ECHO);
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
    Template template(int client, String recipient) {
      return binary(client, ECHO);
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

  /** As above, with a user that a signed token proves, for {@link TestTokens#environment}. */
  LINKSPAN_WITH_TOKEN(1, 16, 0) {
    @Override
    String path(String user) {
      return "/ws?ack=transport&token=" + TestTokens.of(user, TOKEN_SECONDS);
    }

    @Override
    Template template(int client, String recipient) {
      return binary(client, ECHO);
    }

    @Override
    Answer read(ByteBuffer in, int at, int length) {
      return LINKSPAN.read(in, at, length);
    }
  },

  /** As with the echo service, where clients owe acknowledgements and send none. */
  LINKSPAN_OWING(1, 16, 0) {
    @Override
    String path(String user) {
      return "/ws?ack=client&user=" + user;
    }

    @Override
    Template template(int client, String recipient) {
      return binary(client, ECHO);
    }

    @Override
    Answer read(ByteBuffer in, int at, int length) {
      return LINKSPAN.read(in, at, length);
    }
  },

  /** A Message to the client that has connected next, and its acknowledgement. */
  LINKSPAN_TO_NEXT(0, 16, 0) {
    @Override
    int distance() {
      return 1;
    }

    @Override
    String path(String user) {
      return LINKSPAN.path(user);
    }

    @Override
    Template template(int client, String recipient) {
      return binary(client, "user:" + recipient);
    }

    @Override
    Answer read(ByteBuffer in, int at, int length) {
      return toClient(in, at);
    }
  },

  /** As to the next client, within one event loop: connections go to the loops in turn. */
  LINKSPAN_SAME_LOOP(0, 16, 0) {
    @Override
    int distance() {
      return Runtime.getRuntime().availableProcessors();
    }

    @Override
    String path(String user) {
      return LINKSPAN.path(user);
    }

    @Override
    Template template(int client, String recipient) {
      return binary(client, "user:" + recipient);
    }

    @Override
    Answer read(ByteBuffer in, int at, int length) {
      return toClient(in, at);
    }
  },

  /** As with the echo service, with a session that a client can resume; not for messages. */
  LINKSPAN_RESUMABLE(1, 16, 0) {
    @Override
    String path(String user) {
      return "/ws?ack=transport&session=&user=" + user;
    }

    @Override
    Template template(int client, String recipient) {
      return binary(client, ECHO);
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
    Template template(int client, String recipient) {
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
    /** A message of another client. */
    OTHER,
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

  private static final int TOKEN_SECONDS = 3_600;
  private static final String ECHO = "service:echo";
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

  /** Returns how far the recipient of a client is behind it; 0: it sends to a service. */
  int distance() {
    return 0;
  }

  /**
   * Returns the message that a client repeats.
   *
   * @param recipient the user at {@link #distance()}
   */
  abstract Template template(int client, String recipient);

  /** Classifies the payload of a frame. */
  abstract Answer read(ByteBuffer in, int at, int length);

  private static Answer toClient(ByteBuffer in, int at) {
    return switch (in.get(at)) {
      case LegacyFrame.TYPE_ACK -> Answer.WHOLE;
      case LegacyFrame.TYPE_MESSAGE -> Answer.OTHER;
      default -> Answer.UNKNOWN;
    };
  }

  private static Template binary(int client, String to) {
    String eventId = EVENT_ID_PREFIX + String.format("%016x", (long) client << 32);
    byte[] payload =
        BinaryTranslator.encode(
            Message.newBuilder()
                .setEventId(eventId)
                .setTo(to)
                .setType("text")
                .setBody("x".repeat(BODY_LENGTH))
                .build());
    // The tag and the length of the first field follow the type of the frame.
    return new Template(false, payload, LegacyFrame.HEADER_LENGTH + 2 + eventId.length() - 1);
  }
}
