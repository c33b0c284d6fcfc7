package io.linkspan.protocol.enet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Tests how fast networks may connect. */
class ConnectRateTest {
  private static final PeerAddress HOME = PeerAddress.ipv4(0x0A000001, 1, null);
  private static final PeerAddress NEXT_DOOR = PeerAddress.ipv4(0x0A0000FF, 2, null);
  private static final PeerAddress ELSEWHERE = PeerAddress.ipv4(0x0A000101, 1, null);

  private final ConnectRate rate = new ConnectRate(10, 3);
  private long now = 5_000_000;

  @Test
  void theAllowanceOfASecondIsAdmittedAtOnceAndThenOneAtATime() {
    assertThat(admitted(HOME, 20)).isEqualTo(10);
    now += 99;
    assertThat(admitted(HOME, 1)).isZero();
    now += 1;
    assertThat(admitted(HOME, 2)).isOne();
    now += 250;
    assertThat(admitted(HOME, 9)).isEqualTo(2);
    now += 10_000;
    assertThat(admitted(HOME, 20)).isEqualTo(10);
  }

  @Test
  void neighboursShareAnAllowanceAndOthersHaveTheirOwn() {
    assertThat(admitted(HOME, 6)).isEqualTo(6);
    assertThat(admitted(NEXT_DOOR, 6)).isEqualTo(4);
    assertThat(admitted(ELSEWHERE, 20)).isEqualTo(10);
  }

  @Test
  void ipv6NeighboursShareTheFirst64Bits() {
    assertThat(admitted(ipv6(1, 1), 6)).isEqualTo(6);
    assertThat(admitted(ipv6(1, 77), 6)).isEqualTo(4);
    assertThat(admitted(ipv6(2, 1), 20)).isEqualTo(10);
  }

  @Test
  void onlyTheLatestNetworksAreRemembered() {
    admitted(HOME, 20);
    for (int network = 0; network < 1_000; network++) {
      admitted(PeerAddress.ipv4(network << 8, 1, null), 1);
      assertThat(rate.size()).isLessThanOrEqualTo(3);
    }
    assertThat(admitted(HOME, 20)).isEqualTo(10);
  }

  @Test
  void zeroIsNoLimit() {
    var unlimited = new ConnectRate(0, 3);
    for (int i = 0; i < 1_000; i++) {
      assertThat(unlimited.admits(HOME, now)).isTrue();
    }
    assertThat(unlimited.size()).isZero();
  }

  private int admitted(PeerAddress address, int attempts) {
    int admitted = 0;
    for (int i = 0; i < attempts; i++) {
      if (rate.admits(address, now)) {
        admitted++;
      }
    }
    return admitted;
  }

  private static PeerAddress ipv6(int network, int host) {
    byte[] ip = new byte[16];
    ip[0] = 0x20;
    ip[7] = (byte) network;
    ip[15] = (byte) host;
    return PeerAddress.of(ip, 1, null);
  }
}
