package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.TlsClient;
import io.vertx.core.net.SelfSignedCertificate;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;

/** TLS of a whole process, whose settings of Java's TLS are set when it starts. */
class TlsIT {

  private static final byte[] REQUEST =
      "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  @Test
  void aClientCannotRenegotiate() throws Exception {
    SelfSignedCertificate certificate = SelfSignedCertificate.create();
    try (var gateway =
            GatewayProcess.start(
                Map.of(
                    "LINKSPAN_HTTP_TLS_CERT", certificate.certificatePath(),
                    "LINKSPAN_HTTP_TLS_KEY", certificate.privateKeyPath()));
        SSLSocket socket = TlsClient.connect(gateway.httpPort())) {
      socket.setEnabledProtocols(new String[] {"TLSv1.2"});
      socket.startHandshake();
      socket.getOutputStream().write(REQUEST);
      assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
          .isEqualTo("HTTP/1.1 200");
      assertThatThrownBy(
              () -> {
                socket.startHandshake();
                socket.getInputStream().readAllBytes();
              })
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(SocketTimeoutException.class);
    } finally {
      certificate.delete();
    }
  }
}
