package io.linkspan.cluster.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemberHandshakeTest {

  private static final ClusterSecrets OLD = secrets("the old secret of it");
  private static final ClusterSecrets NEW = secrets("the new secret of it");
  private static final ClusterSecrets BOTH =
      secrets("the new secret of it", "the old secret of it");

  private static ClusterSecrets secrets(String... secrets) {
    return ClusterSecrets.of("test", List.of(secrets));
  }

  /** Both ends of one connection after their handshake. */
  private record Ends(MemberHandshake.Sealed connecting, MemberHandshake.Sealed accepting) {

    static Ends of(ClusterSecrets connecting, ClusterSecrets accepting) {
      var one = new MemberHandshake(connecting, true);
      var other = new MemberHandshake(accepting, false);
      MemberHandshake.Sealed accepted = other.accept(one.hello());
      return new Ends(one.accept(other.hello()), accepted);
    }

    void assertThatTheyUnderstandEachOther() {
      assertThat(open(accepting, seal(connecting, "there"))).isEqualTo("there");
      assertThat(open(connecting, seal(accepting, "and back"))).isEqualTo("and back");
    }
  }

  private static ByteBuffer seal(MemberHandshake.Sealed from, String text) {
    ByteBuffer wire = ByteBuffer.allocate(1000);
    assertThat(from.outgoing().seal(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), wire))
        .isTrue();
    return wire.flip();
  }

  private static String open(MemberHandshake.Sealed at, ByteBuffer wire) {
    ByteBuffer content = ByteBuffer.allocate(1000);
    assertThat(at.incoming().open(wire, content)).isTrue();
    return StandardCharsets.UTF_8.decode(content.flip()).toString();
  }

  @Test
  void membersWithTheSameSecretUnderstandEachOther() {
    Ends.of(OLD, OLD).assertThatTheyUnderstandEachOther();
  }

  @Test
  void aSecretIsReplacedMemberByMember() {
    for (List<ClusterSecrets> step :
        List.of(List.of(OLD, BOTH), List.of(BOTH, BOTH), List.of(BOTH, NEW), List.of(NEW, NEW))) {
      Ends.of(step.get(0), step.get(1)).assertThatTheyUnderstandEachOther();
      Ends.of(step.get(1), step.get(0)).assertThatTheyUnderstandEachOther();
    }
  }

  @Test
  void aMemberWithAnotherSecretIsRejected() {
    byte[] hello = new MemberHandshake(NEW, true).hello();
    assertThatThrownBy(() -> new MemberHandshake(OLD, false).accept(hello))
        .isInstanceOf(HandshakeException.class)
        .hasMessage("it does not own cluster.secret");
  }

  @Test
  void theSecretOfAClusterWithAnotherNameIsAnotherOne() {
    ClusterSecrets other = ClusterSecrets.of("other", List.of("the old secret of it"));
    byte[] hello = new MemberHandshake(other, true).hello();
    assertThatThrownBy(() -> new MemberHandshake(OLD, false).accept(hello))
        .isInstanceOf(HandshakeException.class);
  }

  @Test
  void aHelloThatReturnsToItsSenderIsRejected() {
    var member = new MemberHandshake(OLD, true);
    byte[] hello = member.hello();
    assertThatThrownBy(() -> member.accept(hello)).isInstanceOf(HandshakeException.class);
  }

  @Test
  void aChangeOfAnyByteOfAHelloIsNoticed() {
    byte[] hello = new MemberHandshake(OLD, true).hello();
    // The second tag is random, since there is only one secret.
    for (int i = 0; i < hello.length - ClusterSecrets.LENGTH; i++) {
      byte[] changed = hello.clone();
      changed[i] ^= 1;
      assertThatThrownBy(() -> new MemberHandshake(OLD, false).accept(changed))
          .as("byte %d", i)
          .isInstanceOf(HandshakeException.class);
    }
  }

  @Test
  void whatFollowsARepeatedHelloIsRejected() {
    var one = new MemberHandshake(OLD, true);
    byte[] hello = one.hello();
    var first = new MemberHandshake(OLD, false);
    first.accept(hello);
    ByteBuffer recorded = seal(one.accept(first.hello()), "join");
    MemberHandshake.Sealed second = new MemberHandshake(OLD, false).accept(hello);
    assertThatThrownBy(() -> open(second, recorded)).isInstanceOf(HandshakeException.class);
  }

  @Test
  void aRecordThatIsChangedRepeatedOrMissingIsRejected() {
    var ends = Ends.of(OLD, OLD);
    ByteBuffer first = seal(ends.connecting(), "one");
    ByteBuffer second = seal(ends.connecting(), "two");
    assertThat(open(ends.accepting(), first.duplicate())).isEqualTo("one");
    assertThatThrownBy(() -> open(ends.accepting(), first)).isInstanceOf(HandshakeException.class);

    var gap = Ends.of(OLD, OLD);
    seal(gap.connecting(), "one");
    ByteBuffer late = seal(gap.connecting(), "two");
    assertThatThrownBy(() -> open(gap.accepting(), late)).isInstanceOf(HandshakeException.class);

    var changed = Ends.of(OLD, OLD);
    ByteBuffer record = seal(changed.connecting(), "one");
    record.put(Records.HEADER, (byte) (record.get(Records.HEADER) ^ 1));
    assertThatThrownBy(() -> open(changed.accepting(), record))
        .isInstanceOf(HandshakeException.class);
    assertThat(second.hasRemaining()).isTrue();
  }

  @Test
  void theLengthOfARecordIsBounded() {
    for (int length : new int[] {Integer.MIN_VALUE, -1, 0, 16, 16 * 1024 + 17, 1 << 30}) {
      var ends = Ends.of(OLD, OLD);
      ByteBuffer wire = ByteBuffer.allocate(4).putInt(length).flip();
      assertThatThrownBy(() -> open(ends.accepting(), wire))
          .hasMessage("a record of " + length + " bytes");
    }
  }

  @Test
  void muchContentTravelsThroughSmallBuffersInPieces() {
    var ends = Ends.of(OLD, OLD);
    byte[] sent = new byte[100_000];
    for (int i = 0; i < sent.length; i++) {
      sent[i] = (byte) (i * 31);
    }
    ByteBuffer content = ByteBuffer.wrap(sent);
    ByteBuffer wire = ByteBuffer.allocate(20_000);
    ByteBuffer small = ByteBuffer.allocate(700);
    ByteBuffer received = ByteBuffer.allocate(sent.length);
    while (received.hasRemaining()) {
      ends.connecting().outgoing().seal(content, wire);
      wire.flip();
      boolean all;
      do {
        all = ends.accepting().incoming().open(wire, small);
        received.put(small.flip());
        small.clear();
      } while (!all);
      wire.compact();
    }
    assertThat(received.array()).isEqualTo(sent);
  }
}
