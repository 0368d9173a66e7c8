namespace PmOrleans.Node.Queue;

/// <summary>What became of one customer's rows.</summary>
/// <param name="Delivered">Applied, known already, or of an erased customer: done with.</param>
/// <param name="SetAside">Never to be applied, each with its reason.</param>
/// <param name="Pause">Before the customer is tried again; zero: at once.</param>
internal sealed record DeliveryOutcome(List<WaitingRow> Delivered, List<(WaitingRow Row, string Reason)> SetAside, TimeSpan Pause);
