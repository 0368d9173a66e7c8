using PmOrleans.Decisioning.Budgets;
using PmOrleans.Node.Leases;
using PmOrleans.Node.Time;

namespace PmOrleans.Node.Tests.Leases;

public sealed class BudgetDaysTests
{
    /// <summary>In Havana and on the Azores midnight comes twice in autumn; in Beirut, Cairo and once in Sao Paulo it is skipped in spring.</summary>
    [Theory]
    [InlineData("America/Havana", 2026)]
    [InlineData("Atlantic/Azores", 2026)]
    [InlineData("Asia/Beirut", 2026)]
    [InlineData("Africa/Cairo", 2026)]
    [InlineData("America/Sao_Paulo", 2018)]
    [InlineData("Australia/Lord_Howe", 2026)]
    [InlineData("Pacific/Kiritimati", 2026)]
    [InlineData("Europe/Berlin", 2026)]
    public void a_day_ends_where_decisions_begin_to_be_charged_to_the_next(string id, int year)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(id);
        var at = Micros.From(new DateTimeOffset(year, 1, 1, 12, 0, 0, TimeSpan.Zero));

        for (var days = 0; days < 365; days++)
        {
            var day = BudgetDay.Of(zone, at);
            var end = BudgetDays.EndOfDay(zone, at);

            Assert.Equal(day, BudgetDay.Of(zone, end - 1));
            Assert.NotEqual(day, BudgetDay.Of(zone, end));
            at = end;
        }
    }
}
