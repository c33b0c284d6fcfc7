package io.linkspan.protocol.methodchannel;

import io.linkspan.protocol.ProtocolException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Flutter's {@code JSONMethodCodec}, in UTF-8.
 *
 * <pre>
 *   call      {"method": name, "args": arguments}
 *   success   [result]
 *   failure   [code, message, details], or with the stack trace as a fourth
 * </pre>
 *
 * Values without a JSON type become the nearest one: typed lists are arrays of numbers, bytes are
 * base64 text, keys of maps are text.
 */
public final class JsonMethodCodec implements MethodCodec {

  public static final JsonMethodCodec INSTANCE = new JsonMethodCodec();

  private static final String METHOD = "method";
  private static final String ARGUMENTS = "args";

  private JsonMethodCodec() {}

  @Override
  public String contentType() {
    return "application/x-flutter-json-method";
  }

  @Override
  public byte[] encodeCall(MethodCall call) {
    Map<String, Object> object = new HashMap<>();
    object.put(METHOD, call.method());
    object.put(ARGUMENTS, call.arguments());
    return JsonValues.write(object);
  }

  @Override
  public MethodCall decodeCall(ByteBuffer bytes) {
    if (JsonValues.read(bytes) instanceof Map<?, ?> object
        && object.get(METHOD) instanceof String method) {
      return new MethodCall(method, object.get(ARGUMENTS));
    }
    throw new ProtocolException("a call must be an object with the method's name");
  }

  @Override
  public byte[] encodeEnvelope(Envelope envelope) {
    List<Object> array = new ArrayList<>();
    if (envelope instanceof Envelope.Failure failure) {
      array.add(failure.code());
      array.add(failure.message());
      array.add(failure.details());
      if (failure.stackTrace() != null) {
        array.add(failure.stackTrace());
      }
    } else {
      array.add(((Envelope.Success) envelope).result());
    }
    return JsonValues.write(array);
  }

  @Override
  public Envelope decodeEnvelope(ByteBuffer bytes) {
    if (JsonValues.read(bytes) instanceof List<?> array) {
      int size = array.size();
      if (size == 1) {
        return new Envelope.Success(array.get(0));
      }
      if (size == 3 || size == 4) {
        return Envelope.Failure.of(
            array.get(0), array.get(1), array.get(2), size == 4 ? array.get(3) : null);
      }
    }
    throw new ProtocolException("an envelope must be an array of 1, 3 or 4 elements");
  }
}
