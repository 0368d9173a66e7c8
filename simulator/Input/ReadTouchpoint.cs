using PmOrleans.Decisioning.Facts;
using PmOrleans.Simulator.Shop;

namespace PmOrleans.Simulator.Input;

/// <summary>What a line of a log says.</summary>
internal sealed record ReadTouchpoint(string CustomerId, long AtMicros, long? ValueMicros, Property[] Properties, LoggedAction? Logged);
