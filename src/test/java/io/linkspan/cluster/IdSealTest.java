package io.linkspan.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.directory.SessionIds;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class IdSealTest {

  private static final String ALICE = new UserKeys().of("alice");

  private final IdSeal seal = new IdSeal(0xFEDC, new byte[] {1, 2, 3});

  /** All nodes must agree: the key names the entry of the directory. */
  @Test
  void aUsersKeyIsTheStartOfTheHashOfTheName() {
    var keys = new UserKeys();
    // printf alice | sha256sum | head -c 24 | xxd -r -p | base64
    assertThat(keys.of("alice")).isEqualTo("K9gGyX8OAK8aH8My");
    assertThat(keys.of("alice")).isEqualTo("K9gGyX8OAK8aH8My");
    assertThat(keys.of("bob")).isNotEqualTo(keys.of("alice"));
  }

  @Test
  void anOwnerOfTheSealReadsTheKeyOfTheUserInAnId() {
    for (String user : new String[] {"", "alice", "Zoë", "x".repeat(1_000)}) {
      String key = new UserKeys().of(user);
      String id = seal.newId(key);
      assertThat(SessionIds.isId(id)).isTrue();
      assertThat(IdSeal.isOn(id)).isTrue();
      assertThat(IdSeal.numberIn(id)).isEqualTo(0xFEDC);
      assertThat(seal.userKeyIn(id)).isEqualTo(key);
    }
  }

  @Test
  void anotherSealReadsAnotherKey() {
    String id = seal.newId(ALICE);
    assertThat(new IdSeal(seal.number(), new byte[32]).userKeyIn(id)).isNotEqualTo(ALICE);
    assertThat(IdSeal.create().secret()).isNotEqualTo(IdSeal.create().secret());
  }

  /** Neither the key itself nor a part that ids of one user have in common is visible. */
  @Test
  void theIdsOfAUserHaveNothingButTheNumberInCommon() {
    for (int place = 2; place < SessionIds.SEALED_BYTES; place++) {
      int byteOfId = place;
      Set<Byte> seen = new HashSet<>();
      IntStream.range(0, 100)
          .forEach(i -> seen.add(SessionIds.decode(seal.newId(ALICE))[byteOfId]));
      assertThat(seen).as("byte %d", place).hasSizeGreaterThan(20);
    }
  }
}
