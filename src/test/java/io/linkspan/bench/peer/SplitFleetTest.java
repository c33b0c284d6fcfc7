package io.linkspan.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.testing.ClientLog;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A fleet of several. */
class SplitFleetTest {

  private final List<String> calls = new ArrayList<>();

  @Test
  void thePartsAreOneFleet() throws IOException, InterruptedException {
    try (var fleet = SplitFleet.start(Users.of(5).split(2), Part::new)) {
      assertThat(fleet.connected()).isEqualTo(5);
      assertThat(fleet.logs())
          .extracting(ClientLog::user)
          .containsExactlyInAnyOrder("u0", "u1", "u2", "u3", "u4");
      fleet.startCutting(10, 3);
      fleet.stopCutting();
    }

    assertThat(calls)
        .containsExactly("0 cut 10 3", "2 cut 10 3", "0 calm", "2 calm", "0 closed", "2 closed");
  }

  @Test
  void whenAPartDoesNotStartTheOthersAreClosed() {
    assertThatThrownBy(() -> SplitFleet.start(Users.of(3).split(3), this::startUnlessLast))
        .hasMessage("not started");

    assertThat(calls).containsExactly("0 closed", "1 closed");
  }

  private Fleet startUnlessLast(Users users) throws IOException {
    if (users.first() == 2) {
      throw new IOException("not started");
    }
    return new Part(users);
  }

  @Test
  void aPartThatFailsToCloseDoesNotKeepTheOthersOpen() throws IOException, InterruptedException {
    SplitFleet fleet = SplitFleet.start(Users.of(2).split(2), Broken::new);

    assertThatThrownBy(fleet::close).hasMessage("not closed");
    assertThat(calls).containsExactly("0 closed", "1 closed");
  }

  /** Clients that are connected at once. */
  private class Part implements Fleet {

    private final Users users;

    Part(Users users) {
      this.users = users;
    }

    @Override
    public int connected() {
      return users.count();
    }

    @Override
    public void startCutting(long periodMs, long awayMs) {
      calls.add(users.first() + " cut " + periodMs + ' ' + awayMs);
    }

    @Override
    public void stopCutting() {
      calls.add(users.first() + " calm");
    }

    @Override
    public List<ClientLog> logs() {
      return IntStream.range(users.first(), users.first() + users.count())
          .mapToObj(i -> new ClientLog("u" + i, true, List.of(), List.of(), 0, 0, 0, 0))
          .toList();
    }

    @Override
    public void close() throws IOException {
      calls.add(users.first() + " closed");
    }
  }

  /** A part whose close fails. */
  private final class Broken extends Part {

    Broken(Users users) {
      super(users);
    }

    @Override
    public void close() throws IOException {
      super.close();
      throw new IOException("not closed");
    }
  }
}
