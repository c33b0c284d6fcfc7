package io.linkspan.protocol.enet;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Replays one side of captured conversations of the C library and compares the other side. */
class CaptureTest {
  private static final PeerAddress THERE = PeerAddress.ipv4(0x7F000001, 7777, null);
  private static final EnetConfig AS_CAPTURED =
      EnetConfig.DEFAULT.withMtu(1400).withChecksum(Feature.OFF).withCompression(Feature.OFF);

  private EnetHost host = host(AS_CAPTURED);

  @Test
  void theServerSendsTheBytesOfTheLibrary() {
    answers("connect", 0x8B3C, "verify-connect");
    answers("confirm", 0x8B3F, "ping-acknowledged");
    var connected = (EnetEvent.Connected) host.pollEvent();
    assertThat(connected.data()).isEqualTo(0x11223344);
    assertThat(connected.peer().channels()).isEqualTo(2);
    // The first number was taken by VERIFY_CONNECT, and the round trip took 3 ms.
    assertThat(connected.peer().roundTrip().time()).isEqualTo(3);

    answers("reliable", 0x8B5E, "reliable-acknowledged");
    assertReceived(0, Delivery.RELIABLE, "hello");
    connected.peer().send(0, text("hello"), Delivery.RELIABLE);
    assertThat(transmitted(0x8B5F)).isEqualTo("80008b5f86000001000568656c6c6f");

    receive("unreliable", 0x8B60);
    assertReceived(1, Delivery.UNRELIABLE, "unrel");
    receive("unsequenced", 0x8B60);
    assertReceived(1, Delivery.UNSEQUENCED, "unseq");

    receive("throttle", 0x8C91);
    assertThat(transmitted(0x8C91)).isEqualTo("000001ff000300038c91");
    receive("disconnect", 0x8CD8);
    assertThat(transmitted(0x8CD8)).isEqualTo("000001ff0007000786d8");
    var end = (EnetEvent.Disconnected) host.pollEvent();
    assertThat(end.reason()).isEqualTo(EndReason.REMOTE);
    assertThat(end.data()).isEqualTo(0x55667788);
  }

  @Test
  void theClientSendsTheBytesOfTheLibrary() {
    var peer = host.connect(THERE, 2, 0x11223344, 0x8B3C);
    assertThat(transmitted(0x8B3C)).isEqualTo(capture("connect"));
    answers("verify-connect", 0x8B3F, "confirm");
    receive("ping-acknowledged", 0x8B40);
    peer.send(0, text("hello"), Delivery.RELIABLE);
    assertThat(transmitted(0x8B5E)).isEqualTo(capture("reliable"));
    receive("reliable-acknowledged", 0x8B5F);

    host = host(AS_CAPTURED);
    peer = host.connect(THERE, 2, 0, 0x8B3C);
    transmitted(0x8B3C);
    answers("verify-connect", 0x8B3F, "confirm");
    receive("ping-acknowledged", 0x8B40);
    peer.send(1, text("unrel"), Delivery.UNRELIABLE);
    assertThat(transmitted(0x8B41)).isEqualTo(capture("unreliable"));
    peer.send(1, text("unseq"), Delivery.UNSEQUENCED);
    assertThat(transmitted(0x8B41)).isEqualTo(capture("unsequenced"));
    peer.configureThrottle(2000, 3, 1);
    assertThat(transmitted(0x8C91)).isEqualTo(capture("throttle"));
    receive("bandwidth", 0x8CCE);
    assertThat(transmitted(0x8CCE)).isEqualTo("000001ff000200028cce");
  }

  @Test
  void anAttemptThatIsGivenUpSendsOneDisconnect() {
    var peer = host.connect(THERE, 2, 0, 0);
    transmitted(0);
    peer.disconnect(0x55667788);
    assertThat(transmitted(1)).isEqualTo(capture("give-up"));
    assertThat(host.pollEvent()).isNull();
  }

  @Test
  void fragmentsAreThoseOfTheLibrary() {
    byte[] message = new byte[1600];
    for (int i = 0; i < message.length; i++) {
      message[i] = (byte) i;
    }
    var peer = connectedClient();
    peer.send(0, new byte[1], Delivery.RELIABLE);
    transmitted(0x8B41);
    peer.send(0, message, Delivery.RELIABLE);
    assertThat(transmitted(0x8C17))
        .hasSize(2800)
        .startsWith("80008c17880000020002055c00000002000000000000064000000000" + "00010203");
    assertThat(transmitted(0x8C17))
        .hasSize(512)
        .startsWith("80008c1788000003000200e40000000200000001000006400000055c" + "5c5d5e5f");
    peer.send(0, message, Delivery.UNRELIABLE_FRAGMENTS);
    assertThat(transmitted(0x8C17))
        .hasSize(2796)
        .startsWith("00000c0000030001055c00000002000000000000064000000000" + "0001");
    assertThat(transmitted(0x8C17))
        .hasSize(508)
        .startsWith("00000c000003000100e40000000200000001000006400000055c" + "5c5d");
  }

  @ParameterizedTest
  @CsvSource({
    "summed-connect, 0x90EA, summed-verify-connect, 0x90EB, true, false",
    "packed-connect, 0x9E75, packed-verify-connect, 0x9E75, false, true",
    "both-connect, 0xA6E4, both-verify-connect, 0xA6E4, true, true"
  })
  void checksumsAndCompressionAreDetectedInTheConnect(
      String connect,
      String asked,
      String verify,
      String answered,
      boolean checksum,
      boolean compression) {
    host = host(EnetConfig.DEFAULT.withMtu(1400));
    answers(connect, Integer.decode(answered), verify);

    host =
        host(
            AS_CAPTURED
                .withChecksum(checksum ? Feature.ON : Feature.OFF)
                .withCompression(compression ? Feature.ON : Feature.OFF));
    var peer = host.connect(THERE, 2, 0x11223344, Integer.decode(asked));
    assertThat(transmitted(Integer.decode(asked))).isEqualTo(capture(connect));
    receive(verify, Integer.decode(answered));
    assertThat(peer.isConnected()).isTrue();
    assertThat(peer.link.checksum).isEqualTo(checksum);
    assertThat(peer.link.compression).isEqualTo(compression);
  }

  @Test
  void aConversationWithChecksumsHasTheBytesOfTheLibrary() {
    host = host(EnetConfig.DEFAULT.withMtu(1400));
    answers("summed-connect", 0x90EB, "summed-verify-connect");
    answers("summed-confirm", 0x90EE, "summed-acknowledged");
    receive("summed-reliable", 0x910E);
    host.pollEvent();
    assertReceived(0, Delivery.RELIABLE, "hello");
  }

  @Test
  void aClientThatDoesNotCompressIsNotSentCompressedDatagrams() {
    host = host(EnetConfig.DEFAULT.withMtu(1400));
    answers("connect", 0x8B3C, "verify-connect");
    answers("confirm", 0x8B3F, "ping-acknowledged");
    var peer = ((EnetEvent.Connected) host.pollEvent()).peer();
    peer.send(0, new byte[500], Delivery.RELIABLE);
    assertThat(transmitted(0x8B40)).hasSize(2 * 510);
    // Its first compressed datagram shows that it understands them.
    receive("packed-reliable", 0x9F58);
    peer.send(0, new byte[500], Delivery.RELIABLE);
    assertThat(transmitted(0x9F58)).startsWith("c000").hasSizeLessThan(100);
  }

  @Test
  void everyTruncationAndBitFlipOfEveryCaptureIsSurvived() {
    var config = EnetConfig.DEFAULT.withMtu(1400);
    for (var row : Vectors.rows("captures.txt")) {
      byte[] bytes = Vectors.capture(row[0]);
      for (int length = 0; length < bytes.length; length++) {
        survives(config, Arrays.copyOf(bytes, length));
      }
      for (int bit = 0; bit < 8 * bytes.length; bit++) {
        byte[] flipped = bytes.clone();
        flipped[bit / 8] ^= (byte) (1 << bit % 8);
        survives(config, flipped);
      }
    }
  }

  /** Passes a datagram to a host with a peer, which it may end. */
  private void survives(EnetConfig config, byte[] datagram) {
    if (host.peers() == 0) {
      host = host(config);
      answers("connect", 0x8B3C, "verify-connect");
      answers("confirm", 0x8B3F, "ping-acknowledged");
    }
    host.receive(Unpooled.wrappedBuffer(datagram), THERE, 0x8B40);
    while (host.pollEvent() != null) {
      // Any event may follow.
    }
    drain(0x8B40);
    assertThat(host.peers() + host.handshakes()).isLessThan(Datagram.NO_PEER);
    assertThat(host.waitingBytes()).isLessThan(100_000);
  }

  @Test
  void checksumsAreThoseOfTheLibrary() {
    var crc = new Checksum();
    for (var row : Vectors.rows("checksum.txt")) {
      var head = Unpooled.wrappedBuffer(Vectors.bytes(row[0]));
      int id = head.readUnsignedShort();
      int sentTime = head.isReadable() ? head.readUnsignedShort() : -1;
      int connectId = Unpooled.wrappedBuffer(Vectors.bytes(row[1])).readInt();
      byte[] commands = Vectors.bytes(row[2]);
      assertThat(crc.of(id, sentTime, connectId, commands, 0, commands.length))
          .isEqualTo(Integer.parseUnsignedInt(row[3], 16));
    }
  }

  @Test
  void addressesOfBothFamiliesAreValues() {
    byte[] six = new byte[16];
    new Random(1).nextBytes(six);
    assertThat(PeerAddress.of(new byte[] {10, 0, 0, (byte) 200}, 5, "origin"))
        .isEqualTo(PeerAddress.ipv4(0x0A0000C8, 5, null))
        .hasToString("10.0.0.200:5");
    assertThat(PeerAddress.of(six, 5, null))
        .isEqualTo(PeerAddress.of(six.clone(), 5, null))
        .isNotEqualTo(PeerAddress.of(six, 6, null));
  }

  private EnetPeer connectedClient() {
    var peer = host.connect(THERE, 2, 0, 0x8B3C);
    transmitted(0x8B3C);
    answers("verify-connect", 0x8B3F, "confirm");
    receive("ping-acknowledged", 0x8B40);
    return peer;
  }

  private static EnetHost host(EnetConfig config) {
    return new EnetHost(config, new FixedRandom(), EnetPair.ALLOCATOR);
  }

  private void answers(String capture, long now, String answer) {
    receive(capture, now);
    assertThat(transmitted(now)).isEqualTo(capture(answer));
  }

  private void receive(String capture, long now) {
    host.receive(Unpooled.wrappedBuffer(Vectors.capture(capture)), THERE, now);
  }

  private void assertReceived(int channel, Delivery delivery, String text) {
    var received = (EnetEvent.Received) host.pollEvent();
    assertThat(received.channel()).isEqualTo(channel);
    assertThat(received.delivery()).isEqualTo(delivery);
    assertThat(received.payload()).isEqualTo(text(text));
  }

  private String transmitted(long now) {
    var out = host.pollTransmit(now);
    if (out == null) {
      return "";
    }
    String hex = ByteBufUtil.hexDump(out.datagram());
    out.datagram().release();
    return hex;
  }

  private void drain(long now) {
    while (!transmitted(now).isEmpty()) {
      // Discarded.
    }
  }

  private static String capture(String name) {
    return Vectors.hex(Vectors.capture(name));
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
