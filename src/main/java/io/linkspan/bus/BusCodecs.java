package io.linkspan.bus;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageCodec;

/**
 * Registers codecs on an event bus: a consumer in the same process receives the object itself, one
 * in another process receives bytes.
 */
public final class BusCodecs {

  private BusCodecs() {}

  /**
   * Registers a codec for a protobuf type. Does nothing when the type has one already.
   *
   * @param name travels with every message between nodes: keep it short
   */
  public static <T extends MessageLite> void register(
      Vertx vertx, Class<T> type, String name, Parser<T> parser) {
    register(vertx.eventBus(), type, new ProtobufCodec<>(name, parser));
  }

  /** Registers the codec of {@link RetryableReply}. Does nothing when it has one already. */
  public static void registerRetryableReply(Vertx vertx) {
    register(vertx.eventBus(), RetryableReply.class, new RetryableReply.Codec());
  }

  private static <T> void register(EventBus bus, Class<T> type, MessageCodec<T, T> codec) {
    try {
      bus.registerDefaultCodec(type, codec);
    } catch (IllegalStateException alreadyRegistered) {
      // Each part of an application may ask for the codecs; the first registration stays.
      return;
    }
  }

  /** Carries protobuf messages of one type. */
  static final class ProtobufCodec<T extends MessageLite> implements MessageCodec<T, T> {

    private final String name;
    private final Parser<T> parser;

    ProtobufCodec(String name, Parser<T> parser) {
      this.name = name;
      this.parser = parser;
    }

    @Override
    public void encodeToWire(Buffer wire, T message) {
      // The body is the last field of a bus frame: its end is the buffer's end.
      wire.appendBytes(message.toByteArray());
    }

    @Override
    public T decodeFromWire(int position, Buffer wire) {
      try {
        return parser.parseFrom(
            CodedInputStream.newInstance(wire.getBytes(position, wire.length())));
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalArgumentException("not a protobuf body from the event bus", e);
      }
    }

    @Override
    public T transform(T message) {
      // Protobuf messages are immutable, so the consumer receives the sender's object.
      return message;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public byte systemCodecID() {
      return -1;
    }
  }
}
