package io.linkspan.session;

import io.linkspan.admission.LimitsConfig;
import io.linkspan.admission.MessageWork;
import io.linkspan.admission.TokenBucket;
import io.linkspan.api.Message;
import io.linkspan.api.MessageSize;
import io.linkspan.delivery.GroupRequests;

/**
 * The rates of the Messages of one session. A rate that changes begins with a full bucket. Used
 * only on the event loop of the session's shard.
 */
final class InboundRates {

  /** Each is null without such a limit, and until the first Message. */
  private TokenBucket messages;

  private TokenBucket bytes;
  private TokenBucket work;
  private int messageRate;
  private int byteRate;
  private int workRate;

  /**
   * Takes a Message.
   *
   * @param limits in force
   * @return 0 when it may pass, else milliseconds until it may
   */
  long take(Message message, LimitsConfig limits, long now) {
    update(limits, now);
    long wait = messages == null ? 0 : messages.take(1, now);
    if (wait == 0 && bytes != null) {
      wait = bytes.take(MessageSize.of(message), now);
    }
    if (wait == 0 && work != null) {
      wait =
          work.take(MessageWork.of(message, GroupRequests.isGroupRequest(message.getType())), now);
    }
    return wait;
  }

  private void update(LimitsConfig limits, long now) {
    if (messageRate != limits.messageRate()) {
      messageRate = limits.messageRate();
      messages = bucket(messageRate, now);
    }
    if (byteRate != limits.byteRate()) {
      byteRate = limits.byteRate();
      bytes = bucket(byteRate, now);
    }
    if (workRate != limits.costRate()) {
      workRate = limits.costRate();
      work = bucket(workRate, now);
    }
  }

  private static TokenBucket bucket(int rate, long now) {
    return rate == 0 ? null : new TokenBucket(rate, now);
  }
}
