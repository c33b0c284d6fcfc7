package io.linkspan.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RemoteAddressTest {

  /** A connection is counted by the one and given back by the other. */
  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1", "2001:db8::1:0", "::ffff:192.0.2.1", "fe80::1"})
  void theHostOfARemoteIsTheAddressThatItWasMadeOf(String literal) throws UnknownHostException {
    SocketAddress remote =
        SocketAddress.inetSocketAddress(
            new InetSocketAddress(InetAddress.getByName(literal), 4_000));
    assertThat(RemoteAddress.host(remote.toString())).isEqualTo(remote.hostAddress());
  }
}
