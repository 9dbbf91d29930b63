-- SPDX-License-Identifier: Apache-2.0
-- A ramp controller in VHDL, with the pins of ramp_controller.
library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;

entity vhdl_ramp is
  generic (CODE_BITS : positive := 5);
  port (
    clk, rst    : in  std_logic;
    start       : in  std_logic;
    start_ready : out std_logic;
    step_valid  : out std_logic;
    step_ready  : in  std_logic;
    step_first  : out std_logic;
    step_last   : out std_logic;
    step_code   : out std_logic_vector(CODE_BITS - 1 downto 0);
    stop        : in  std_logic
  );
end entity;

architecture behaviour of vhdl_ramp is
  constant HIGHEST : signed(CODE_BITS - 1 downto 0) := to_signed(2 ** (CODE_BITS - 1) - 1, CODE_BITS);
  constant LOWEST  : signed(CODE_BITS - 1 downto 0) := to_signed(-(2 ** (CODE_BITS - 1)), CODE_BITS);
  signal idle, valid, last : std_logic;
  signal code : signed(CODE_BITS - 1 downto 0);
begin
  valid <= start or not idle;
  last <= valid when code = LOWEST else '0';
  start_ready <= idle;
  step_valid <= valid;
  step_first <= valid when code = HIGHEST else '0';
  step_last <= last;
  step_code <= std_logic_vector(code);

  process (clk)
  begin
    if rising_edge(clk) then
      if rst = '1' then
        idle <= '1';
        code <= HIGHEST;
      elsif valid = '1' then
        idle <= step_ready and (stop or last);
        if step_ready = '1' then
          if stop = '1' or last = '1' then
            code <= HIGHEST;
          else
            code <= code - 1;
          end if;
        end if;
      end if;
    end if;
  end process;
end architecture;
