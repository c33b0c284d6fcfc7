package io.linkspan.transport.tcp;

import io.linkspan.testing.RawTcp;
import io.linkspan.testing.TcpTestClient;
import java.util.Map;

/** Tests the contract with JSON frames and a delimiter that JSON may contain. */
class TcpJsonConnectionTest extends TcpConnectionTest {

  @Override
  protected TcpTestClient client(RawTcp socket) {
    return TcpTestClient.ofDelimiters(socket, "-;");
  }

  @Override
  protected Map<String, String> settings() {
    return Map.of(
        "tcp.enabled", "true", "tcp.framing.kind", "delimiter", "tcp.framing.delimiter", "-;");
  }
}
