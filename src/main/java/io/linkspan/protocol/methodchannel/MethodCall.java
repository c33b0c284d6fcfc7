package io.linkspan.protocol.methodchannel;

import java.util.Objects;

/**
 * A call as it is on the wire.
 *
 * @param arguments any value that the codec can write, null included
 */
public record MethodCall(String method, Object arguments) {

  public MethodCall {
    Objects.requireNonNull(method);
  }
}
