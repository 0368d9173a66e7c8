using PmOrleans.Decisioning.Facts;
using PmOrleans.Node.Port;

namespace PmOrleans.Node.Queue;

/// <summary>Applies touchpoints of one customer, in order. A refusal, or an exception of an outage, means: not now.</summary>
public delegate ValueTask<Reply<IngestAnswer>> DeliverTouchpoints(IReadOnlyList<Touchpoint> touchpoints);
