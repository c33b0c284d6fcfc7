package io.linkspan.transport.socketio;

import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.session.Receipt;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.time.TimerQueue;

/**
 * Counts the Messages of one session that have no outcome yet. A client that leaves in order has
 * sent everything that it wanted to send, so its session ends only after the last outcome.
 */
final class PendingOutcomes {

  /** Milliseconds that the Messages of a client that has left may take. */
  private static final long LIMIT = 60_000;

  private final TimerQueue timers;
  private int pending;
  private Runnable action;

  /** Null until a client leaves while Messages are pending. */
  private DeadlineTimer timer;

  PendingOutcomes(TimerQueue timers) {
    this.timers = timers;
  }

  /** Returns a receipt that counts until it is called. */
  Receipt count(Receipt receipt) {
    pending++;
    return new Counted(receipt);
  }

  /** Runs the action when nothing is pending, which may be now, or when it takes too long. */
  void whenNone(Runnable next) {
    action = next;
    if (pending == 0) {
      finish();
    } else {
      if (timer == null) {
        timer = new DeadlineTimer(timers, this::finish);
      }
      timer.arm(DeadlineTimer.now() + LIMIT);
    }
  }

  /** Runs the action now, if one waits. */
  void finish() {
    if (timer != null) {
      timer.cancel();
    }
    Runnable next = action;
    action = null;
    if (next != null) {
      next.run();
    }
  }

  private void ended() {
    pending--;
    if (pending == 0) {
      finish();
    }
  }

  private final class Counted implements Receipt {

    private final Receipt receipt;

    Counted(Receipt receipt) {
      this.receipt = receipt;
    }

    @Override
    public void accepted(String eventId) {
      receipt.accepted(eventId);
      ended();
    }

    @Override
    public boolean answered(String eventId, Message answer) {
      boolean answered = receipt.answered(eventId, answer);
      if (answered) {
        ended();
      }
      return answered;
    }

    @Override
    public void refused(String eventId, MessageException why) {
      receipt.refused(eventId, why);
      ended();
    }

    @Override
    public int channel() {
      return receipt.channel();
    }
  }
}
