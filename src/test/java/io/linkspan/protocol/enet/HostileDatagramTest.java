package io.linkspan.protocol.enet;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.protocol.enet.SimulatedLink.Conditions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sends a million datagrams that no ENet library sends, beside a good client that is served. */
class HostileDatagramTest {
  private static final int DATAGRAMS = 200_000;
  private static final EnetConfig.Limits LIMITS =
      new EnetConfig.Limits(
          50, 20, 100, 50, 0, 100, 100_000, 300_000, 1_000_000, 1 << 20, 1_000_000, 200);

  private static final List<byte[]> CAPTURES =
      Vectors.rows("captures.txt").stream().map(row -> Vectors.capture(row[0])).toList();

  private final ByteBuf datagram = Unpooled.wrappedBuffer(new byte[5_000]);

  /** The heads that connected hostile peers must send. */
  private final Map<PeerAddress, Integer> heads = new HashMap<>();

  private SplittableRandom random;
  private EnetPair pair;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void hostileDatagramsDoNotDisturbAGoodClient(long seed) {
    random = new SplittableRandom(seed);
    pair =
        new EnetPair(
            EnetConfig.DEFAULT,
            EnetConfig.DEFAULT.withLimits(LIMITS),
            Conditions.delaying(5),
            seed);
    pair.toStranger = this::answered;
    var good = pair.connect(2);
    int sent = 0;
    for (int i = 0; i < DATAGRAMS; i++) {
      var from = hostileAddress();
      datagram.clear();
      switch (random.nextInt(8)) {
        case 0 -> noise();
        case 1 -> mutation();
        case 2 -> connect();
        default -> insider(from);
      }
      pair.server.receive(datagram, from, pair.now);
      if (i % 20 == 0) {
        pair.drain();
        pair.serverEvents.removeIf(event -> !isOf(event, good));
      }
      if (i % 500 == 0) {
        good.send(0, new byte[] {(byte) sent++}, Delivery.RELIABLE);
        pair.run(random.nextInt(30));
        assertThat(pair.server.waitingBytes()).isLessThan(2_000_000);
        assertThat(pair.server.handshakes()).isLessThanOrEqualTo(100);
        assertThat(pair.server.peers()).isLessThanOrEqualTo(50);
      }
    }
    pair.run(1_000);
    assertThat(good.isConnected()).isTrue();
    int number = 0;
    for (var got : EnetPair.only(pair.serverEvents, EnetEvent.Received.class)) {
      if (isOf(got, good)) {
        assertThat(got.payload()[0]).isEqualTo((byte) number++);
      }
    }
    assertThat(number).isEqualTo(sent);
    // Some hostile peers connected, and their commands were handled.
    assertThat(pair.server.counters().dropped(DropReason.BAD_COMMAND)).isGreaterThan(1_000);
    good.disconnect(0);
    pair.assertForgotten();
  }

  private static boolean isOf(EnetEvent event, EnetPeer good) {
    return event.peer().address().equals(EnetPair.CLIENT) && good.isConnected();
  }

  private PeerAddress hostileAddress() {
    return PeerAddress.ipv4(0x0A000000 + random.nextInt(3), 1_000 + random.nextInt(5), null);
  }

  private void noise() {
    int length = random.nextInt(random.nextInt(20) == 0 ? 4_500 : 60);
    for (int i = 0; i < length; i++) {
      datagram.writeByte(random.nextInt());
    }
  }

  private void mutation() {
    datagram.writeBytes(CAPTURES.get(random.nextInt(CAPTURES.size())));
    for (int flips = random.nextInt(6); flips > 0; flips--) {
      datagram.setByte(random.nextInt(datagram.writerIndex()), random.nextInt());
    }
    datagram.writerIndex(random.nextInt(datagram.writerIndex() + 1));
  }

  private void connect() {
    datagram.writeBytes(CAPTURES.get(0));
    datagram.setInt(4 + 40, random.nextInt(3) == 0 ? random.nextInt() : random.nextInt(50));
    datagram.setShort(4 + 4, random.nextInt(4));
    datagram.setInt(4 + 12 + 4 * random.nextInt(7), random.nextInt());
    datagram.setInt(4 + 16, random.nextInt(1, 256));
  }

  /** Writes commands of a connected peer with arbitrary fields. */
  private void insider(PeerAddress from) {
    datagram.writeShort(0x8000 | heads.getOrDefault(from, 0));
    datagram.writeShort((int) pair.now & 0xFFFF);
    int number = random.nextInt(200);
    for (int commands = random.nextInt(1, 40); commands > 0; commands--) {
      int command = random.nextInt(100) == 0 ? random.nextInt(16) : 5 + random.nextInt(8);
      command = random.nextInt(6) == 0 ? 1 : command;
      // Seldom a DISCONNECT.
      command = command == 4 && random.nextInt(20) != 0 ? 6 : command;
      datagram.writeByte(command | (random.nextBoolean() ? 0x80 : 0));
      datagram.writeByte(random.nextInt(50) == 0 ? 0xFF : random.nextInt(2));
      datagram.writeShort(random.nextInt(20) == 0 ? random.nextInt() : number++);
      int length = random.nextInt(50) == 0 ? random.nextInt(1_200) : random.nextInt(12);
      int payload = length;
      switch (command) {
        case 6 -> datagram.writeShort(length);
        case 7, 9 -> datagram.writeShort(random.nextInt(300)).writeShort(length);
        case 8, 12 -> {
          int count = random.nextInt(20) == 0 ? random.nextInt() : random.nextInt(5);
          datagram.writeShort(number).writeShort(length).writeInt(count);
          datagram.writeInt(random.nextInt(20) == 0 ? random.nextInt() : random.nextInt(5));
          datagram.writeInt(random.nextInt(20) == 0 ? random.nextInt() : random.nextInt(110_000));
          datagram.writeInt(random.nextInt(20) == 0 ? random.nextInt() : random.nextInt(50));
        }
        case 1, 4 -> {
          datagram.writeInt(random.nextInt());
          payload = 0;
        }
        case 10 -> {
          datagram.writeInt(random.nextInt()).writeInt(random.nextInt());
          payload = 0;
        }
        case 11 -> {
          datagram.writeInt(random.nextInt()).writeInt(random.nextInt()).writeInt(1);
          payload = 0;
        }
        default -> payload = 0;
      }
      datagram.writeZero(payload);
      if (datagram.writerIndex() > 2_500) {
        return;
      }
    }
  }

  /** Confirms handshakes, so that some of the hostile datagrams come from connected peers. */
  private void answered(PeerAddress address, byte[] bytes) {
    boolean plain = bytes.length == 48 && (bytes[4] & 0x0F) == Command.VERIFY_CONNECT.number;
    if (plain) {
      var answer = Unpooled.wrappedBuffer(bytes);
      int head = answer.getUnsignedByte(4 + 7) << 12 | answer.getUnsignedShort(4 + 4);
      heads.put(address, head);
      var confirm = Unpooled.buffer().writeShort(head).writeInt(0x01FF0001).writeShort(1);
      pair.server.receive(confirm.writeShort(answer.getUnsignedShort(2)), address, pair.now);
    }
  }
}
