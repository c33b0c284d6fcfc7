package io.linkspan.api;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.linkspan.bus.RetryableReply;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageCodec;

/**
 * Teaches an event bus to carry {@link Message}, {@link AckMessage} and failures that say when to
 * try again: the object itself to a consumer in the same process, bytes to another.
 */
public final class MessageCodecs {

  private MessageCodecs() {}

  /** Registers the codecs; harmless when they are registered already. */
  public static void register(Vertx vertx) {
    EventBus bus = vertx.eventBus();
    register(bus, Message.class, new ProtobufCodec<>("m", Message.parser()));
    register(bus, AckMessage.class, new ProtobufCodec<>("a", AckMessage.parser()));
    register(bus, RetryableReply.class, new RetryableReply.Codec());
  }

  /**
   * Registers a codec for another protobuf type; harmless when it is registered already.
   *
   * @param name travels with every message between nodes: keep it short
   */
  public static <T extends MessageLite> void register(
      Vertx vertx, Class<T> type, String name, Parser<T> parser) {
    register(vertx.eventBus(), type, new ProtobufCodec<>(name, parser));
  }

  private static <T> void register(EventBus bus, Class<T> type, MessageCodec<T, T> codec) {
    try {
      bus.registerDefaultCodec(type, codec);
    } catch (IllegalStateException alreadyRegistered) {
      // Each part of an application may ask for the codecs; the first one wins.
      return;
    }
  }

  /** The name travels with every message between nodes, so it is one letter. */
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
      // Protobuf messages are immutable, so the consumer gets the sender's object.
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
