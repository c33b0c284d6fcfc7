package io.linkspan.listener;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ForwardedTest {

  private static final String PEER = "10.0.0.1";
  private static final AddressRange TRUSTED = AddressRange.parse("10.0.0.0/8");
  private static final AddressRange TRUSTED6 = AddressRange.parse("2001:db8:10::/48");

  private static String client(List<String> list) {
    return Forwarded.client(
        PEER, list, address -> TRUSTED.contains(address) || TRUSTED6.contains(address));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "203.0.113.1                               | 203.0.113.1",
        "198.51.100.9, 203.0.113.1                 | 203.0.113.1",
        "198.51.100.9, 203.0.113.1, 10.2.2.2       | 203.0.113.1",
        "198.51.100.9,203.0.113.1,10.2.2.2,10.3.3.3| 203.0.113.1",
        "10.9.9.9, 203.0.113.1                     | 203.0.113.1",
        "10.9.9.9, 10.8.8.8                        | 10.9.9.9",
        "203.0.113.1:4711                          | 203.0.113.1",
        "2001:db8::7                               | 2001:db8::7",
        "[2001:db8::7]:4711                        | 2001:db8::7",
        "203.0.113.1, 2001:db8:10::2               | 203.0.113.1",
        "203.0.113.1, unknown, 10.2.2.2            | 10.2.2.2",
        "203.0.113.1, unknown                      | 10.0.0.1",
        "203.0.113.1,                              | 10.0.0.1",
        "evil.example                              | 10.0.0.1",
        "203.0.113.1.5                             | 10.0.0.1",
        "203.0.113.999                             | 10.0.0.1",
        "''                                        | 10.0.0.1",
      })
  void xForwardedForIsReadFromTheRight(String header, String expected) {
    assertThat(client(Forwarded.forwardedFor(List.of(header)))).isEqualTo(expected);
  }

  @Test
  void severalHeadersAreOneList() {
    assertThat(client(Forwarded.forwardedFor(List.of("198.51.100.9", "203.0.113.1", "10.2.2.2"))))
        .isEqualTo("203.0.113.1");
    assertThat(client(Forwarded.forwarded(List.of("for=198.51.100.9", "for=203.0.113.1"))))
        .isEqualTo("203.0.113.1");
    assertThat(client(Forwarded.forwardedFor(List.of()))).isEqualTo(PEER);
    assertThat(client(Forwarded.forwarded(List.of()))).isEqualTo(PEER);
  }

  /** The examples of RFC 7239, sections 4, 6 and 7, and lists that a client could invent. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "for=\"_gazonk\"                                         | 10.0.0.1",
        "For=\"[2001:db8:cafe::17]:4711\"                        | 2001:db8:cafe::17",
        "for=192.0.2.60;proto=http;by=203.0.113.43               | 192.0.2.60",
        "for=192.0.2.43, for=198.51.100.17                       | 198.51.100.17",
        "for=192.0.2.43, for=\"[2001:db8:cafe::17]\"             | 2001:db8:cafe::17",
        "for=192.0.2.43,for=\"[2001:db8:cafe::17]\",for=unknown  | 10.0.0.1",
        "for=\"192.0.2.43:47011\"                                | 192.0.2.43",
        "for=\"192.0.2.43:_port\"                                | 192.0.2.43",
        "for=192.0.2.43, for=10.1.1.1;by=10.0.0.1                | 192.0.2.43",
        "proto=https;for=192.0.2.43 ; host=\"a,b;c\"             | 192.0.2.43",
        "host=\"a\\\", for=198.51.100.1\";for=192.0.2.43         | 192.0.2.43",
        "for=192.0.2.43, proto=http                              | 10.0.0.1",
        "for=192.0.2.43;for=198.51.100.17                        | 10.0.0.1",
        "for=192.0.2.43, for=\"198.51.100.17                     | 10.0.0.1",
        "for=192.0.2.43,                                         | 10.0.0.1",
        "for =192.0.2.43                                         | 10.0.0.1",
        "192.0.2.43                                              | 10.0.0.1",
        "for=                                                    | 10.0.0.1",
      })
  void forwardedIsReadAsRfc7239DefinesIt(String header, String expected) {
    assertThat(client(Forwarded.forwarded(List.of(header)))).isEqualTo(expected);
  }

  /** A trusted proxy appends; whatever its client sent never hides the client. */
  @RepeatedTest(200)
  void nothingThatAClientSendsReplacesItsAddress(RepetitionInfo seed) {
    var random = new java.util.Random(seed.getCurrentRepetition());
    String alphabet = "10.203,;=\"[]:for \\_";
    var spoofed = new StringBuilder();
    for (int i = random.nextInt(60); i > 0; i--) {
      spoofed.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    assertThat(client(Forwarded.forwardedFor(List.of(spoofed + ", 203.0.113.1"))))
        .isEqualTo("203.0.113.1");
    assertThat(client(Forwarded.forwarded(List.of(spoofed.toString(), "for=203.0.113.1"))))
        .as(spoofed.toString())
        .isIn("203.0.113.1", PEER);
  }

  @Test
  void theLongestHeaderIsReadInLinearTime() {
    String spoofed = "for=\"" + "\\\"".repeat(8_000);
    assertThat(client(Forwarded.forwarded(List.of(spoofed)))).isEqualTo(PEER);
    assertThat(client(Forwarded.forwardedFor(List.of(",".repeat(16_000))))).isEqualTo(PEER);
  }
}
