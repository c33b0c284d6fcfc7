package io.linkspan.protocol.methodchannel;

import io.linkspan.protocol.ProtocolException;
import java.nio.ByteBuffer;

/**
 * Flutter's {@code StandardMethodCodec}: values of the {@link StandardMessageCodec} in a row.
 *
 * <pre>
 *   call      value: the method's name    value: the arguments
 *   success   0x00    value: the result
 *   failure   0x01    value: code    value: message or null    value: details
 *                     and, from some senders, value: stack trace or null
 * </pre>
 */
public final class StandardMethodCodec implements MethodCodec {

  public static final StandardMethodCodec INSTANCE = new StandardMethodCodec();

  private static final byte SUCCESS = 0;
  private static final byte FAILURE = 1;

  private StandardMethodCodec() {}

  @Override
  public String contentType() {
    return "application/x-flutter-standard-method";
  }

  @Override
  public byte[] encodeCall(MethodCall call) {
    var out = new StandardWriter();
    out.writeValue(call.method());
    out.writeValue(call.arguments());
    return out.bytes();
  }

  @Override
  public MethodCall decodeCall(ByteBuffer bytes) {
    var in = new StandardReader(bytes);
    if (!(in.readValue() instanceof String method)) {
      throw new ProtocolException("a call must begin with the name of its method");
    }
    Object arguments = in.readValue();
    in.requireEnd();
    return new MethodCall(method, arguments);
  }

  @Override
  public byte[] encodeEnvelope(Envelope envelope) {
    var out = new StandardWriter();
    if (envelope instanceof Envelope.Failure failure) {
      out.writeByte(FAILURE);
      out.writeValue(failure.code());
      out.writeValue(failure.message());
      out.writeValue(failure.details());
      if (failure.stackTrace() != null) {
        out.writeValue(failure.stackTrace());
      }
    } else {
      out.writeByte(SUCCESS);
      out.writeValue(((Envelope.Success) envelope).result());
    }
    return out.bytes();
  }

  @Override
  public Envelope decodeEnvelope(ByteBuffer bytes) {
    var in = new StandardReader(bytes);
    byte kind = in.readByte();
    Envelope envelope =
        switch (kind) {
          case SUCCESS -> new Envelope.Success(in.readValue());
          case FAILURE -> readFailure(in);
          default ->
              throw new ProtocolException("no envelope begins with the byte " + (kind & 0xFF));
        };
    in.requireEnd();
    return envelope;
  }

  private static Envelope readFailure(StandardReader in) {
    Object code = in.readValue();
    Object message = in.readValue();
    Object details = in.readValue();
    Object stackTrace = in.hasRemaining() ? in.readValue() : null;
    return Envelope.Failure.of(code, message, details, stackTrace);
  }
}
